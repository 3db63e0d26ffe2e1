#include "rectify/report/glossary.h"

#include <vector>

namespace rectify {

std::span<const StudyTerm> glossary() {
  static const std::vector<StudyTerm> kTerms{
      {"linear, sigmoid, tanh, relu, leaky_relu, prelu, elu",
       "activations: x itself; 1 / (1 + e^-x); tanh x; the larger of x and 0; x, but 0.01 x where x < 0; x, but a x where x < 0, with a "
       "learnt, beginning at 0.25; x, but e^x - 1 where x < 0"},
      {"loss, gradient",
       "the loss says how wrong a network is on its samples (here cross-entropy); its gradient, by how much the loss grows "
       "with each weight, or with what a layer computes"},
      {"bias", "a number that a unit adds to its weighted sum of inputs"},
      {"784-4x64-10",
       "a network of 784 inputs, 4 hidden layers of 64 units each, and 10 outputs, one for each class. 2-8-3 has one hidden "
       "layer of 8. Behind each hidden layer comes the activation. 784 256 dropout0.2 10 names the layers one by one"},
      {"lenet, vgg-small",
       "convolutional networks for small images: lenet has two convolutions of 32 and 64 filters, each with pooling, and "
       "a hidden layer of 128 units; vgg-small six convolutions of 32 to 128 filters with batch norm, and dropout"},
      {"batch, step", "a few samples, here mostly 64, whose mean gradient gives one update of the weights, a step"},
      {"epoch", "as many steps as it takes to see every training sample once"},
      {"learning rate, rate",
       "the factor of the gradient in an update; too small a one learns slowly, too large a one diverges: the loss "
       "becomes infinite"},
      {"sgd",
       "stochastic gradient descent. With momentum 0.9 an update is the rate times a running sum of gradients, each step keeping 0.9 "
       "of the sum before; without momentum it is the gradient alone"},
      {"adam", "an optimiser that divides each weight's gradient by that weight's usual size of gradient (Kingma and Ba 2015)"},
      {"cosine schedule", "the rate falls along half a cosine from its first value to 0 at the end of training"},
      {"validation split",
       "a sixth of the training samples, kept back while rates are tried on the rest. The test samples are read once, "
       "after the last epoch of the trainings that the tables show, and choose no rate"},
      {"seed",
       "a number that decides a training's random first weights and the order in which it sees its samples. Rows of a table share "
       "their seeds, and differences are taken seed by seed"},
      {"surely",
       "the whole 95 % interval of the difference lies on that side. Where it does not, the sentence says that these seeds do not "
       "decide, which is not the same as equal. Of many such intervals one in twenty misses"},
      {"learned well", "the test accuracy came at least half of the way from guessing to 100 %: with ten classes that is 55 %"},
      {"diverged", "the loss of a training became infinite or no number, and it ended there"},
      {"rms", "the root of the mean of the squares: the usual size of numbers that are positive and negative"},
      {"1/150, x40", "ratios, and sizes of gradients, below and above 1"},
      {"initialisation, init",
       "how the first weights are drawn, at random around 0. With n inputs and m outputs of a layer their variance "
       "is 2/(n + m) with glorot, 2/n with he and 1/n with lecun; gain=g makes the weights g times as large, scale=g those of the hidden "
       "layers, bias=b begins with biases of b instead of 0"},
      {"auto",
       "the variance is g^2/n with the g of the activation that keeps the size of the outputs from layer to layer (1.41 for relu, "
       "as the initialisation he has it). The first layer reads data of variance 1 and no activation: there it is 1/n, and gain is left "
       "out too"},
      {"critical, lsuv",
       "critical takes the weights and biases at which theory lets signals pass the most layers (Schoenholz et al. 2017); "
       "lsuv scales orthogonal weights until each layer's outputs have variance 1 on the data (Mishkin and Matas 2016)"}};
  return kTerms;
}

}  // namespace rectify
