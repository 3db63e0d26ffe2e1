#include "progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "rectify/base/timing.h"
#include "rectify/report/progress.h"

namespace rectify::cli {
namespace {

constexpr double kRedrawSeconds = 0.1;

int terminal_columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

class TerminalProgress : public ProgressSink {
 public:
  explicit TerminalProgress(std::vector<std::string> names) : line_(std::move(names)) {}
  ~TerminalProgress() override {
    if (drawn_ > 0) fmt::print(stderr, "\r{:{}}\r", "", drawn_);
  }

  void on_begin(int trial) override { line_.begin(trial), draw(); }
  void on_step(int trial, std::int64_t done, std::int64_t steps) override { line_.step(trial, done, steps), draw(); }
  void on_epoch(int trial, int epoch, double loss) override { line_.epoch(trial, epoch, loss), draw(); }
  void on_end(int trial) override { line_.end(trial), draw(); }

 private:
  void draw() {
    const double now = watch_.seconds();
    if (drawn_ > 0 && now - last_draw_ < kRedrawSeconds) return;
    last_draw_ = now;
    const std::string text = line_.text(now, terminal_columns() - 1);
    fmt::print(stderr, "\r{:{}}", text, drawn_);
    std::fflush(stderr);
    drawn_ = std::max<std::size_t>(1, text.size());
  }

  ProgressLine line_;
  Stopwatch watch_;
  double last_draw_ = 0;
  std::size_t drawn_ = 0;  // columns that may hold something
};

}  // namespace

std::unique_ptr<ProgressSink> make_progress(std::vector<std::string> names) {
  if (::isatty(STDERR_FILENO) == 0) return std::make_unique<ProgressSink>();
  return std::make_unique<TerminalProgress>(std::move(names));
}

}  // namespace rectify::cli
