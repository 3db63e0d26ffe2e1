// The studies there are: a file each, and a line here.
#include <fmt/format.h>

#include <algorithm>

#include "rectify/base/error.h"
#include "rectify/base/nearest.h"
#include "rectify/study/study.h"

namespace rectify {

Study collapse_study();
Study boundary_study();
Study saturation_study();
Study depth_study();
Study zigzag_study();
Study dying_relu_study();
Study leaky_study();
Study maxout_study();
Study dropout_study();
Study initialisation_study();
Study speed_study();
Study cnn_study();
Study newer_study();

const std::vector<Study>& studies() {
  static const std::vector<Study> kStudies{collapse_study(),       boundary_study(),   saturation_study(), depth_study(),  zigzag_study(),
                                           speed_study(),          dying_relu_study(), leaky_study(),      maxout_study(), dropout_study(),
                                           initialisation_study(), cnn_study(),        newer_study()};
  return kStudies;
}

const Study& find_study(std::string_view name) {
  std::vector<std::string> names;
  for (const Study& study : studies()) {
    if (study.name == name) return study;
    names.push_back(study.name);
  }
  const std::string near = did_you_mean(name, names);
  fail("study", fmt::format("unknown study {}{}", name, near.empty() ? fmt::format("; there are {}", fmt::join(names, ", ")) : near));
}

}  // namespace rectify
