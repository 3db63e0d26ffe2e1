// rectify study: the lecture's sentences, tested.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "interrupt.h"
#include "progress.h"
#include "rectify/report/json.h"
#include "rectify/report/output_file.h"
#include "rectify/report/study.h"
#include "rectify/study/run_study.h"
#include "training.h"
#include "usage.h"
#include "verbs.h"

namespace rectify::cli {
namespace {

struct StudyArguments {
  std::vector<std::string> names;
  std::string budget = "full", data, net, store, json, page;
  int seeds = 0, threads = 0;
  bool list = false;
};

/// The studies that were asked for, each once; "all" is all.
std::vector<const Study*> chosen(const StudyArguments& arguments) {
  std::vector<const Study*> all;
  for (const std::string& name : arguments.names) {
    for (const Study& study : studies()) {
      if (name == "all") all.push_back(&study);
    }
    if (name != "all") all.push_back(&find_study(name));
  }
  if (all.empty()) throw UsageError("study needs a NAME, several, or all; `rectify study --list` shows them");
  return all;
}

StudyOptions to_options(const StudyArguments& arguments) {
  StudyOptions options;
  read_budget(arguments.budget, options);
  if (arguments.seeds > 0) options.seeds = arguments.seeds;
  options.data = arguments.data;
  options.net = arguments.net;
  options.threads = arguments.threads;
  options.store = arguments.store;
  return options;
}

int print_list() {
  std::vector<StudyRecord> records;
  for (const Study& study : studies()) {
    records.emplace_back();
    records.back().name = study.name;
    records.back().claim = study.claim;
  }
  fmt::print("{}", study_list(records));
  return kDone;
}

int run_studies(const StudyArguments& arguments) {
  if (arguments.list) return print_list();
  check_target();
  const std::vector<const Study*> asked = typed([&] { return chosen(arguments); });
  const StudyOptions options = typed([&] { return to_options(arguments); });
  for (const std::string& path : {arguments.json, arguments.page}) {
    if (!path.empty()) check_writable(path);
  }
  catch_interrupts();
  std::vector<StudyRecord> records;
  for (const Study* study : asked) {
    StudyRun run = [&] {
      Dataset data = load_data(data_name(*study, options), 1, {});
      return typed([&] { return StudyRun(*study, options, std::move(data)); });
    }();
    auto progress = make_progress(run.trial_names());
    const auto record = run.run(*progress, interrupted());
    progress.reset();
    if (!record) break;
    fmt::print("{}{}", records.empty() ? "" : "\n", study_text(*record));
    std::fflush(stdout);
    records.push_back(*record);
  }
  if (!interrupted()) {
    if (!arguments.json.empty()) write_whole(arguments.json, to_json(records));
    if (!arguments.page.empty()) write_whole(arguments.page, lecture_page(records));
    return kDone;
  }
  fmt::print(stderr, "rectify: interrupted{}\n",
             arguments.store.empty() ? "; with --store FOLDER the next run goes on where this one stopped"
                                     : fmt::format("; the same command goes on from {}", arguments.store));
  return kInterrupted;
}

}  // namespace

void add_study(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("study", "Test the lecture's claims, one at a time")->group("Networks");
  auto a = std::make_shared<StudyArguments>();
  verb->add_option("NAME", a->names, "which claims, as --list names them, or all")->option_text(" ");
  verb->add_flag("--list", a->list, "show all studies with the claim that each tests")->group("Task");
  verb->add_option("--data", a->data, "another data set that has classes")->option_text("NAME")->group("Task");
  verb->add_option("--net", a->net, "another network, where the study leaves it free")->option_text("NET")->group("Task");
  verb->add_option("--budget", a->budget, "short, full, or seconds after which no seed begins")->option_text("full")->group("Running");
  add_whole_number(*verb, "--seeds", a->seeds, {2, 1000}, "numbers are means over so many; short: 3", "5")->group("Running");
  add_whole_number(*verb, "--threads", a->threads, {1, 4096}, "trials at once; one per core unless given", "N")->group("Running");
  verb->add_option("--store", a->store, "keep finished trials there, and go on from them")->option_text("FOLDER")->group("Running");
  verb->add_option("--json", a->json, "write all numbers to this file")->option_text("FILE")->group("Running");
  verb->add_option("--page", a->page, "write the studies as a page in Markdown")->option_text("FILE")->group("Running");
  verb->footer(
      "The values shown are the defaults.\n"
      "Examples:\n"
      "  rectify study --list\n"
      "  rectify study collapse --budget short\n"
      "  rectify study all --store build/lecture --page lecture.md\n"
      "Exit status: 0 done, 1 failed, 2 mistake in the command line, 130 interrupted.");
  verb->callback([&action, a] { action = [a] { return run_studies(*a); }; });
}

}  // namespace rectify::cli
