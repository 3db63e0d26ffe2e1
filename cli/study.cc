// rectify study: the lecture's sentences, tested.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "interrupt.h"
#include "progress.h"
#include "rectify/base/error.h"
#include "rectify/report/json.h"
#include "rectify/report/output_file.h"
#include "rectify/report/study.h"
#include "rectify/study/run_study.h"
#include "rectify/train/task.h"
#include "training.h"
#include "usage.h"
#include "verbs.h"

namespace rectify::cli {
namespace {

struct StudyArguments {
  std::vector<std::string> names;
  std::string budget = "full", data, target, features, task, net, store, json, page;
  int seeds = 0, threads = 0;
  bool list = false;
};

bool all_asked(const StudyArguments& arguments) {
  return std::find(arguments.names.begin(), arguments.names.end(), "all") != arguments.names.end();
}

/// The studies that were asked for, each once; "all" is all.
std::vector<const Study*> chosen(const StudyArguments& arguments) {
  std::vector<const Study*> chosen;
  const auto add = [&](const Study& study) {
    if (std::find(chosen.begin(), chosen.end(), &study) == chosen.end()) chosen.push_back(&study);
  };
  for (const std::string& name : arguments.names) {
    if (name != "all") add(find_study(name));
  }
  if (all_asked(arguments)) {
    for (const Study& study : studies()) add(study);
  }
  if (chosen.empty()) throw UsageError("study needs a NAME, several, or all; `rectify study --list` shows them");
  return chosen;
}

/// How a table's rows become samples: a study tells classes apart.
TableUse table_of(const StudyArguments& arguments) {
  const Task task = arguments.task.empty() ? Task::kClassification : parse_task(arguments.task);
  if (task != Task::kClassification) {
    throw UsageError(fmt::format("a study tells classes apart, got --task {}: wanted classification, or leave it out", arguments.task));
  }
  return columns_use(arguments.target, arguments.features, target_kind(task));
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

/// What is to be run, and what was asked for and cannot be.
struct Agenda {
  std::vector<std::unique_ptr<StudyRun>> runs;
  std::vector<std::string> names;  ///< of the runs
  std::vector<StudyLeftOut> left_out;
};

/// Checks every study before the first is run. Of all studies, those that cannot take the data or the network are left out; one that was
/// asked for by name is a mistake.
Agenda plan(const StudyArguments& arguments, const std::vector<const Study*>& asked) {
  const StudyOptions options = typed([&] { return to_options(arguments); });
  const TableUse table = typed([&] { return table_of(arguments); });
  std::map<std::string, Dataset> loaded;
  Agenda agenda;
  for (const Study* study : asked) {
    const std::string data = data_name(*study, options);
    if (!loaded.contains(data)) loaded[data] = load_data(data, 1, table);
    try {
      agenda.runs.push_back(std::make_unique<StudyRun>(*study, options, loaded[data]));
      agenda.names.push_back(study->name);
    } catch (const Error& error) {
      const std::string reason = error.what();
      const bool named = std::find(arguments.names.begin(), arguments.names.end(), study->name) != arguments.names.end();
      if (named || reason.starts_with("[store]")) throw UsageError(reason);
      agenda.left_out.push_back({study->name, reason.substr(reason.find("] ") + 2)});  // without who says so
    }
  }
  if (agenda.runs.empty()) throw UsageError("no study can be run: " + agenda.left_out.front().reason);
  for (const StudyLeftOut& one : agenda.left_out) fmt::print(stderr, "rectify: {} is left out: {}\n", one.name, one.reason);
  return agenda;
}

/// Writes what was finished; where nothing was, what stands in the files is worth more.
void write_outputs(const StudyArguments& arguments, const std::vector<StudyRecord>& records, const std::vector<StudyLeftOut>& left_out) {
  const auto write = [&](const std::string& path, const auto& text) {
    if (path.empty()) return;
    if (!records.empty()) return write_whole(path, text());
    fmt::print(stderr, "rectify: no study was finished: {} is not written\n", path);
  };
  write(arguments.json, [&] { return to_json(records); });
  write(arguments.page, [&] { return lecture_page(records, left_out); });
}

/// The records of the studies that were finished; those that were not are left out. An exception of one is kept in `failure`.
std::vector<StudyRecord> run_all(Agenda& agenda, std::exception_ptr& failure) {
  std::vector<StudyRecord> records;
  for (std::size_t i = 0; i < agenda.runs.size(); ++i) {
    std::optional<StudyRecord> record;
    if (!interrupted() && failure == nullptr) {
      try {
        auto progress = make_progress(agenda.runs[i]->trial_names());
        record = agenda.runs[i]->run(*progress, interrupted());
      } catch (...) {
        failure = std::current_exception();
      }
    }
    agenda.runs[i].reset();
    if (record) {
      fmt::print("{}{}", records.empty() ? "" : "\n", study_text(*record));
      std::fflush(stdout);
      records.push_back(*record);
    } else {
      agenda.left_out.push_back({agenda.names[i], "it was not finished"});
    }
  }
  return records;
}

int run_studies(const StudyArguments& arguments) {
  if (arguments.list) return print_list();
  check_target();
  const std::vector<const Study*> asked = typed([&] { return chosen(arguments); });
  check_outputs({{"--json", arguments.json}, {"--page", arguments.page}}, {{"--data", arguments.data}, {"--net", arguments.net}});
  Agenda agenda = plan(arguments, asked);
  catch_interrupts();
  std::exception_ptr failure;
  const std::vector<StudyRecord> records = run_all(agenda, failure);
  write_outputs(arguments, records, agenda.left_out);
  if (failure != nullptr) std::rethrow_exception(failure);
  if (!interrupted()) return kDone;
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
  const auto add = [&verb](const char* group, const char* name, auto& value, const char* what, const char* value_text) {
    return verb->add_option(name, value, what)->option_text(value_text)->group(group)->check(not_empty());
  };
  add("Task", "--data", a->data, "another data set with classes, .csv or folder", "NAME");
  add("Task", "--target", a->target, "the column of a table that has the classes", "COLUMN");
  add("Task", "--features", a->features, "columns of a table to predict from", "all others");
  add("Task", "--task", a->task, "classification: studies have no other", "classification");
  add("Task", "--net", a->net, "another network, where the study leaves it free", "NET");
  add("Running", "--budget", a->budget, "of each study: short, full, or seconds", "full");
  add_whole_number(*verb, "--seeds", a->seeds, {2, 1000}, "numbers are means over so many; short: 3", "5")->group("Running");
  add_whole_number(*verb, "--threads", a->threads, {1, 4096}, "trials at once; one per core unless given", "N")->group("Running");
  add("Running", "--store", a->store, "keep finished trials there, and go on from them", "FOLDER");
  add("Running", "--json", a->json, "write all numbers to this file", "FILE");
  add("Running", "--page", a->page, "write the studies as a page in Markdown", "FILE");
  verb->footer(
      "The values shown are the defaults.\n"
      "With --budget SECONDS each study chooses its rates, runs two seeds, and\n"
      "begins no further seed after so many seconds: `all` takes a multiple.\n"
      "Of `all`, studies that cannot take --data or --net are left out.\n"
      "Examples:\n"
      "  rectify study --list\n"
      "  rectify study collapse --budget short\n"
      "  rectify study boundary --data flowers.csv --target species\n"
      "  rectify study all --store build/lecture --page lecture.md\n"
      "Exit status: 0 done, 1 failed, 2 mistake in the command line, 130 interrupted.");
  verb->callback([&action, a] { action = [a] { return run_studies(*a); }; });
}

}  // namespace rectify::cli
