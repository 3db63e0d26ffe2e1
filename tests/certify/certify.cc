// The `rectify_certify` program: measures every activation on every SIMD target, writes docs/accuracy.md, and checks it.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <ctime>
#include <exception>
#include <fstream>
#include <iterator>

#include "digest.h"
#include "document.h"
#include "layers.h"
#include "rectify/base/error.h"
#include "rectify/base/nearest.h"
#include "rectify/base/threads.h"
#include "rectify/base/timing.h"
#include "rectify/report/output_file.h"
#include "rectify/simd/target.h"
#include "sources.h"
#include "state.h"
#include "sweep.h"

namespace rectify::certify {
namespace {

constexpr std::uint32_t kDefaultSample = 1024;
constexpr std::array kDirections{Direction::kForward, Direction::kGradient};

struct Options {
  std::vector<std::string> names, on = targets();
  std::uint32_t sample = 0;  // 0: none asked for
  bool verify = false, stale = false;
  std::filesystem::path output, root, state;
  int threads = 0;
};

/// An entry of the catalogue and what is known of it before any measuring.
struct Subject {
  std::string name, sources;
  Implementation implementation;
};

std::vector<Subject> subjects(const std::filesystem::path& root) {
  std::vector<Subject> all;
  for (const CatalogueEntry& entry : catalogue()) {
    const Implementation implementation = Activation(entry.name).implementation();
    all.push_back({std::string(entry.name), hash_of_sources(root, entry, implementation), implementation});
  }
  return all;
}

std::vector<std::string> names_of(const std::vector<Subject>& all) {
  std::vector<std::string> names;
  for (const Subject& subject : all) names.push_back(subject.name);
  return names;
}

/// By function and layer.
std::map<std::string, std::string> hashes_of(const std::vector<Subject>& all, const std::filesystem::path& root) {
  std::map<std::string, std::string> hashes;
  for (const Subject& subject : all) hashes[subject.name] = subject.sources;
  for (const std::string& layer : layer_names()) hashes[layer] = hash_of_layer_sources(root, layer);
  return hashes;
}

/// Those that options name, all where they name none. Errors: [certify] one is unknown.
std::vector<Subject> chosen(const std::vector<Subject>& all, const Options& options) {
  if (options.names.empty()) return all;
  std::vector<Subject> some;
  for (const std::string& name : options.names) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Subject& s) { return s.name == name; });
    if (found == all.end()) fail("certify", fmt::format("the catalogue has no \"{}\"{}", name, did_you_mean(name, names_of(all))));
    some.push_back(*found);
  }
  return some;
}

Document read_document(const std::filesystem::path& path) {
  std::ifstream file(path);
  return Document::parse(std::string{std::istreambuf_iterator<char>(file), {}});
}

/// The page under work.
class Page {
 public:
  /// Begins with what the page has that is up to date.
  Page(const Options& options, std::vector<Subject> all)
      : path_(options.output), on_(options.on), all_(std::move(all)), hashes_(hashes_of(all_, options.root)), old_(read_document(path_)) {
    for (const auto& [key, row] : old_.rows()) {
      const auto found = hashes_.find(key[1]);
      if (found != hashes_.end() && found->second == row.sources) document_.set(key, row);
    }
  }

  /// Those of the targets that options name for which rows of `subject` lack, exhaustive ones if `exhaustive`.
  std::vector<std::string> lacking(const Subject& subject, bool exhaustive) const {
    std::vector<std::string> lacking;
    for (const std::string& target : on_) {
      const auto is_there = [&](Direction direction) {
        const Row* row = document_.find({target, subject.name, name_of(direction)});
        return row != nullptr && (!exhaustive || row->is_exhaustive());
      };
      if (!std::all_of(std::begin(kDirections), std::end(kDirections), is_there)) lacking.push_back(target);
    }
    return lacking;
  }

  /// Those of the targets that options name for which the page had rows over all floats that are out of date.
  std::vector<std::string> outdated(const Subject& subject) const {
    std::vector<std::string> outdated;
    for (const std::string& target : lacking(subject, true)) {
      const auto was_there = [&](Direction direction) {
        const Row* row = old_.find({target, subject.name, name_of(direction)});
        return row != nullptr && row->is_exhaustive();
      };
      if (std::all_of(std::begin(kDirections), std::end(kDirections), was_there)) outdated.push_back(target);
    }
    return outdated;
  }

  /// Keeps rows out of date whose results are still those. Returns the targets whose rows all are.
  std::vector<std::string> keep(const Subject& subject, const Digests& digests) {
    std::vector<std::string> kept;
    for (const auto& [target, now] : digests) {
      std::size_t same = 0;
      for (const Direction direction : kDirections) {
        const Document::Key key{target, subject.name, name_of(direction)};
        Row row = *old_.find(key);
        if (row.results != digest_text(now[static_cast<int>(direction)])) continue;
        row.sources = subject.sources;
        document_.set(key, row);
        ++same;
      }
      if (same == kDirections.size()) kept.push_back(target);
    }
    return kept;
  }

  /// Rows of all floats are not replaced by those of a sample.
  void set(const Subject& subject, const Sweep& sweep, std::uint32_t step) {
    for (const auto& [target, measures] : sweep.findings()) {
      for (const Direction direction : kDirections) {
        const Document::Key key{target, subject.name, name_of(direction)};
        const Row* before = document_.find(key);
        if (step > 1 && before != nullptr && before->is_exhaustive()) continue;
        const char* const by = subject.implementation == Implementation::kKernel ? "kernel" : "tiles";
        const std::string inputs = step == 1 ? "all" : fmt::format("1/{}", step);
        document_.set(key, row_of(by, sweep.limits(direction), measures[static_cast<int>(direction)], inputs, subject.sources));
      }
    }
  }

  /// Measures the layers anew on the targets that options name.
  void set_layers() {
    for (const std::string& target : on_) {
      const ScopedTarget scope(target);
      for (const std::string& name : layer_names()) {
        const Measures seen = measure_layer(name);
        for (const Direction direction : kDirections) {
          Row row =
              row_of("layer", limits_of_layer(name, direction), seen[static_cast<int>(direction)], layer_inputs(name), hashes_.at(name));
          if (!measures_subnormals(name, direction)) row.subnormal = "";
          document_.set({target, name, name_of(direction)}, row);
        }
      }
    }
  }

  void write() const {
    std::vector<std::string> names = names_of(all_);
    std::ranges::copy(layer_names(), std::back_inserter(names));
    write_whole(path_, document_.render(targets(), names));
  }

 private:
  std::filesystem::path path_;
  std::vector<std::string> on_;
  std::vector<Subject> all_;
  std::map<std::string, std::string> hashes_;
  Document old_, document_;
};

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// `seconds` are of processor time.
void print_result(const Subject& subject, const Sweep& sweep, std::uint64_t floats, double seconds) {
  double most[2] = {};
  std::int64_t wrong = 0;
  for (const auto& [target, measures] : sweep.findings()) {
    for (int k = 0; k < 2; ++k) most[k] = std::max(most[k], measures[k].ulp.error), wrong += measures[k].wrong;
  }
  fmt::print("{:<14}{:>10.4g} ULP forward{:>10.4g} gradient{:>8} wrong{:>8.1f} ns a float, {:.1f} of them the reference\n", subject.name,
             most[0], most[1], wrong, seconds * 1e9 / static_cast<double>(floats),
             sweep.reference_seconds() * 1e9 / static_cast<double>(floats));
  std::fflush(stdout);
}

void run_sample(const Subject& subject, std::uint32_t step, Sweep& sweep) {
  const double start = processor_seconds();
  const Patterns patterns(step);
  sweep.run(patterns, 0, patterns.count());
  print_result(subject, sweep, patterns.count(), processor_seconds() - start);
}

/// Prints how far a long run is, on one line where that is a terminal, else every minute.
class Progress {
 public:
  /// `work` is the time that everything will take, by rough measurement.
  explicit Progress(double work) : left_(work), work_(work) {}

  void advance(std::string_view name, double share_of_this, double work_done) {
    left_ -= work_done;
    measured_ += work_done;
    const bool terminal = isatty(STDERR_FILENO) != 0;
    constexpr double kEvery = 60;
    if (!terminal && since_.seconds() < kEvery) return;
    since_.restart();
    const double pace = watch_.seconds() / measured_;
    fmt::print(stderr, "{}{:<14}{:>4.0f} %   all {:>3.0f} %   {:.0f} min left   {}", terminal ? "\r" : "", name, 100 * share_of_this,
               100 * (1 - left_ / work_), std::ceil(left_ * pace / 60), terminal ? "" : "\n");
  }
  void end_line() const {
    if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r{:60}\r", "");
  }

 private:
  double left_, work_, measured_ = 0;
  Stopwatch watch_, since_;
};

/// A function to measure over all floats, and the targets that lack it.
struct Work {
  Subject subject;
  std::vector<std::string> on;
};

/// Seconds that all floats will take, from a few of them.
double estimate(const Work& work, const Options& options) {
  const Patterns all(1), few(1 << 15);
  Sweep sweep(work.subject.name, options.threads, work.on);
  sweep.run(few, 0, few.count());  // prepares what is made once
  const Stopwatch watch;
  sweep.run(few, 0, few.count());
  return watch.seconds() * static_cast<double>(all.count()) / static_cast<double>(few.count());
}

/// Where what is known so far is kept.
std::filesystem::path state_file(const Work& work, const Options& options) {
  const std::string some = work.on == targets() ? "" : fmt::format(".{}", fmt::join(work.on, "+"));
  return options.state / (work.subject.name + some + ".json");
}

/// Measures `todo` over all floats, going on where an earlier run stopped.
void measure_all(const std::vector<Work>& todo, const Options& options, Page& page) {
  const Patterns patterns(1);
  constexpr std::uint64_t kRange = std::uint64_t{1} << 24;
  const double all = static_cast<double>(patterns.count());
  std::vector<std::optional<State>> states;
  std::vector<double> seconds;
  double sum = 0;
  for (const Work& work : todo) {
    states.push_back(load_state(state_file(work, options), work.subject.sources, work.on));
    seconds.push_back(estimate(work, options));
    const std::uint64_t done = states.back() ? states.back()->done : 0;
    sum += seconds.back() * static_cast<double>(patterns.count() - done) / all;
  }
  Progress progress(sum);
  for (std::size_t i = 0; i < todo.size(); ++i) {
    const Subject& subject = todo[i].subject;
    const double start = processor_seconds();
    Sweep sweep(subject.name, options.threads, todo[i].on);
    State state = states[i].value_or(State{subject.sources, 0, {}});
    if (states[i]) sweep.resume(state.findings);
    const std::uint64_t before = state.done;
    while (state.done < patterns.count()) {
      sweep.run(patterns, state.done, state.done + kRange);
      state.done += kRange;
      state.findings = sweep.findings();
      save_state(state_file(todo[i], options), state);
      progress.advance(subject.name, static_cast<double>(state.done) / all, seconds[i] * static_cast<double>(kRange) / all);
    }
    progress.end_line();
    print_result(subject, sweep, std::max<std::uint64_t>(1, patterns.count() - before), processor_seconds() - start);
    page.set(subject, sweep, patterns.step());
    page.write();
  }
}

/// Keeps the rows whose code has changed where it computes what it did.
void keep_same_results(const Subject& subject, const Options& options, Page& page) {
  const std::vector<std::string> outdated = page.outdated(subject);
  if (outdated.empty()) return;
  const Stopwatch watch;
  const std::vector<std::string> kept = page.keep(subject, digests_of(subject.name, options.threads, outdated));
  fmt::print("{:<14} sources changed; all results are as before on {} ({:.0f} s)\n", subject.name,
             kept.empty() ? "no target" : fmt::format("{}", fmt::join(kept, ", ")), watch.seconds());
  std::fflush(stdout);
  page.write();
}

int write_page(const Options& options) {
  const std::vector<Subject> all = subjects(options.root);
  Page page(options, all);
  check_writable(options.output);
  page.set_layers();
  std::vector<Work> todo;
  for (const Subject& subject : chosen(all, options)) {
    keep_same_results(subject, options, page);
    const bool in_full = options.sample == 0 && subject.implementation == Implementation::kKernel;
    const std::vector<std::string> not_all = page.lacking(subject, true);
    if (in_full && !not_all.empty()) todo.push_back({subject, not_all});
    // A sample comes first, which is there in minutes; one that is asked for is taken anew.
    const std::vector<std::string> on = options.sample == 0 ? page.lacking(subject, false) : not_all;
    if (on.empty()) continue;
    const std::uint32_t step = options.sample == 0 ? kDefaultSample : options.sample;
    Sweep sweep(subject.name, options.threads, on);
    run_sample(subject, step, sweep);
    page.set(subject, sweep, step);
    page.write();
  }
  page.write();
  measure_all(todo, options, page);
  return 0;
}

/// Prints what a measure misses. Returns whether it does.
bool tell_miss(std::string_view name, Direction direction, const std::string& target, const Limits& limits, const Measure& seen,
               bool is_held) {
  if ((!seen.is_missed() || !is_held) && seen.wrong == 0) return false;
  fmt::print("  {} {} on {}: ", name, name_of(direction), target);
  if (seen.wrong > 0) fmt::print("{} wrong special values, the first for {:.9g}; ", seen.wrong, seen.first_wrong);
  fmt::print("at {:.9g} off by {:.3f} times what is allowed; at most {:.3f} ULP (at {:.9g}, {:g} allowed), subnormal {:.2f}\n",
             seen.share.x, seen.share.error, seen.ulp.error, seen.ulp.x, limits.ulp, seen.subnormal.error);
  return true;
}

/// Holds hand-written kernels and layers to what is asked of them, and formulas to special values that are right, on a sample. Prints what
/// misses.
int verify(const Options& options) {
  std::size_t measured = 0, missed = 0;
  for (const std::string& target : options.on) {
    const ScopedTarget scope(target);
    for (const std::string& name : options.names.empty() ? layer_names() : std::vector<std::string>()) {
      const Measures seen = measure_layer(name);
      for (const Direction direction : kDirections) {
        missed += tell_miss(name, direction, target, limits_of_layer(name, direction), seen[static_cast<int>(direction)], true);
      }
    }
  }
  for (const Subject& subject : chosen(subjects(options.root), options)) {
    const bool is_kernel = subject.implementation == Implementation::kKernel;
    ++measured;
    Sweep sweep(subject.name, options.threads, options.on);
    run_sample(subject, options.sample == 0 ? kDefaultSample : options.sample, sweep);
    for (const auto& [target, measures] : sweep.findings()) {
      for (const Direction direction : kDirections) {
        missed += tell_miss(subject.name, direction, target, sweep.limits(direction), measures[static_cast<int>(direction)], is_kernel);
      }
    }
  }
  fmt::print("{} activations, {} misses\n", measured, missed);
  return missed == 0 ? 0 : 1;
}

int check_stale(const Options& options) {
  const std::vector<std::string> problems = stale_rows(read_document(options.output), hashes_of(subjects(options.root), options.root));
  constexpr std::size_t kMostShown = 10;
  for (std::size_t i = 0; i < std::min(problems.size(), kMostShown); ++i) fmt::print("{}\n", problems[i]);
  if (problems.empty()) return 0;
  fmt::print("{} rows of {} are out of date: run `make certify`, or `make certify SAMPLE={}` for a sample in minutes\n", problems.size(),
             options.output.string(), kDefaultSample);
  return 1;
}

int run(int argc, char** argv) {
  CLI::App app("Measures every activation of the catalogue on every SIMD target and writes docs/accuracy.md.", "rectify_certify");
  Options options;
  options.threads = available_threads();
  options.root = RECTIFY_SOURCE_DIR;
  app.add_option("names", options.names, "Activations to measure anew; all if none is given");
  app.add_option("--target", options.on, "SIMD targets to measure; all of this machine if none is given")->check(CLI::IsMember(targets()));
  app.add_option("--sample", options.sample, "Measure one random float of every N, instead of all for hand-written kernels")
      ->check(CLI::IsMember(std::vector<std::uint32_t>{2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536}));
  app.add_flag("--verify", options.verify,
               "Write nothing; exit 1 if a hand-written kernel misses what is asked of it, or a special value is wrong");
  app.add_flag("--stale", options.stale, "Write nothing; exit 1 if the sources have changed since the page was written");
  app.add_option("--output", options.output, "The page; docs/accuracy.md if not given");
  app.add_option("--sources", options.root, "The root of the sources");
  app.add_option("--state", options.state, "Where unfinished measurements are kept; build/certify if not given");
  app.add_option("--threads", options.threads, "Threads to use")->check(CLI::Range(1, 1024));
  CLI11_PARSE(app, argc, argv);
  if (options.output.empty()) options.output = options.root / "docs/accuracy.md";
  if (options.state.empty()) options.state = options.root / "build/certify";
  if (options.stale) return check_stale(options);
  return options.verify ? verify(options) : write_page(options);
}

}  // namespace
}  // namespace rectify::certify

int main(int argc, char** argv) {
  try {
    return rectify::certify::run(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "rectify_certify: {}\n", e.what());
    return 1;
  }
}
