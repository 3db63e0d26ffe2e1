#include "rectify/report/study.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>
#include <vector>

#include "rectify/record/text.h"
#include "rectify/report/glossary.h"
#include "rectify/report/wrap.h"

namespace rectify {
namespace {

/// A table as text: heads, then rows of as many cells.
struct TextTable {
  std::vector<std::string> heads;
  std::size_t labels = 0;  ///< how many of them stand left-aligned
  std::vector<std::vector<std::string>> rows;
};

/// A number, and of how many seeds where some have none.
std::string cell_text(const Estimate& value, StudyUnit unit, int seeds) {
  return estimate_cell(value, unit) + (value.count > 0 && value.count < seeds ? fmt::format(" n={}", value.count) : "");
}

/// "0.01<" is the lowest of those that were tried, "0.3>" the highest.
std::string rate_text(const StudyRow& row) {
  if (std::isnan(row.learning_rate)) return "-";
  return short_text(row.learning_rate) + (row.edge == RateEdge::kLowest ? "<" : row.edge == RateEdge::kHighest ? ">" : "");
}

TextTable text_of(const StudyTable& table, int seeds) {
  TextTable text;
  text.heads = table.label_heads;
  text.labels = table.label_heads.size();
  const bool rates = std::any_of(table.rows.begin(), table.rows.end(), [](const StudyRow& r) { return !std::isnan(r.learning_rate); });
  if (rates) text.heads.push_back("rate");
  for (const StudyColumn& column : table.columns) text.heads.push_back(column.head);
  for (const StudyRow& row : table.rows) {
    text.rows.push_back(row.labels);
    if (rates) text.rows.back().push_back(rate_text(row));
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      text.rows.back().push_back(cell_text(row.cells[c], table.columns[c].unit, seeds));
    }
  }
  return text;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) {
    if (word == "%" && !words.empty()) {
      words.back() += " %";
    } else {
      words.push_back(word);
    }
  }
  return words;
}

/// One line: the first `labels` cells to the left of their columns, the others to the right.
std::string line_of(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths, std::size_t labels) {
  std::string line;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    line += c < labels ? fmt::format("{:<{}}  ", cells[c], widths[c]) : fmt::format("{:>{}}  ", cells[c], widths[c]);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

/// Heads of several words stand in several lines, so that columns are as narrow as what is in them.
std::string terminal_table(const StudyTable& table, int seeds) {
  const TextTable text = text_of(table, seeds);
  std::vector<std::vector<std::string>> heads;
  std::vector<std::size_t> widths;
  std::size_t lines = 1;
  for (std::size_t c = 0; c < text.heads.size(); ++c) {
    heads.push_back(words_of(text.heads[c]));
    lines = std::max(lines, heads.back().size());
    widths.push_back(0);
    for (const std::string& word : heads.back()) widths.back() = std::max(widths.back(), word.size());
    for (const auto& row : text.rows) widths.back() = std::max(widths.back(), row[c].size());
  }
  std::string out = table.title.empty() ? "" : wrap(table.title);
  for (std::size_t line = 0; line < lines; ++line) {
    std::vector<std::string> cells;
    for (const auto& words : heads) {
      const std::size_t missing = lines - words.size();
      cells.push_back(line < missing ? "" : words[line - missing]);
    }
    out += line_of(cells, widths, text.labels);
  }
  for (std::size_t r = 0; r < text.rows.size(); ++r) {
    const std::string& remark = table.rows[r].remark;
    if (remark.empty()) {
      out += line_of(text.rows[r], widths, text.labels);
    } else {
      out += line_of({text.rows[r].begin(), text.rows[r].begin() + static_cast<std::ptrdiff_t>(text.labels)}, widths, text.labels);
      out.back() = ' ';
      out += " " + remark + "\n";
    }
  }
  return out;
}

/// What the columns of all tables mean, each told once.
std::vector<StudyTerm> legend_of(const StudyRecord& study) {
  std::vector<StudyTerm> legend;
  std::set<std::string> goals;
  bool at_edge = false, few = false, ranges = false;
  for (const StudyTable& table : study.tables) {
    for (const StudyColumn& column : table.columns) {
      const auto same = [&](const StudyTerm& t) { return t.word == column.head; };
      if (!column.meaning.empty() && std::none_of(legend.begin(), legend.end(), same)) legend.push_back({column.head, column.meaning});
    }
    for (const StudyRow& row : table.rows) {
      if (!std::isnan(row.learning_rate)) goals.insert(table.rate_goal);
      at_edge |= row.edge != RateEdge::kNone;
      for (std::size_t c = 0; c < row.cells.size(); ++c) {
        few |= row.cells[c].count > 0 && row.cells[c].count < study.seeds;
        ranges |= table.columns[c].unit == StudyUnit::kShare && leaves_range(row.cells[c]);
      }
    }
  }
  if (!goals.empty()) {
    const char* edge =
        "; marked < where it is the lowest of them and > where it is the highest, as one beyond might be better; not where none taught the "
        "network";
    legend.insert(legend.begin(), {"rate", fmt::format("the learning rate with {}, of the same few for every row{}",
                                                       fmt::join(goals, " or "), at_edge ? edge : "")});
  }
  if (ranges)
    legend.push_back({"1.3 (0..4)", "the lowest and the highest seed beside the mean, whose 95 % interval would reach beyond 0 or 100 %"});
  if (few) legend.push_back({"n=2", "a mean of two seeds only, and so on: the others have no such number, mostly as they diverged"});
  return legend;
}

bool has_ratio(const StudyRecord& study) {
  return std::any_of(study.tables.begin(), study.tables.end(), [](const StudyTable& table) {
    return std::any_of(table.columns.begin(), table.columns.end(), [](const StudyColumn& c) { return c.unit == StudyUnit::kRatio; });
  });
}

std::string margin_meaning(const StudyRecord& study) {
  std::string text = fmt::format("+- is the 95 % interval of the mean of {} seeds (Student's t)", study.seeds);
  if (has_ratio(study)) text += "; of a ratio */1.2 says times or divided by 1.2";
  return text + ".";
}

/// Markdown has a sign for it; bars would part cells.
std::string for_page(std::string text) {
  const auto replace = [&text](std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  };
  replace("+-", "±");
  replace("*/", "×÷");
  replace("|", "\\|");
  return text;
}

std::string page_table(const StudyTable& table, int seeds) {
  const TextTable text = text_of(table, seeds);
  std::string out = table.title.empty() ? "" : for_page(table.title) + ":\n\n";
  std::string rule = "|";
  out += "|";
  for (std::size_t c = 0; c < text.heads.size(); ++c) {
    out += fmt::format(" {} |", for_page(text.heads[c]));
    rule += c < text.labels ? "---|" : "---:|";
  }
  out += "\n" + rule + "\n";
  for (std::size_t r = 0; r < text.rows.size(); ++r) {
    out += "|";
    for (std::size_t c = 0; c < text.rows[r].size(); ++c) {
      const bool has_remark = !table.rows[r].remark.empty() && c == text.labels;
      out += fmt::format(" {} |", for_page(has_remark ? table.rows[r].remark : text.rows[r][c]));
    }
    out += "\n";
  }
  return out + "\n";
}

constexpr int kPageWidth = 150;

std::string paragraph(const std::string& text) { return wrap(for_page(text), 0, kPageWidth) + "\n"; }

std::string page_section(const StudyRecord& study, std::set<std::string>& explained) {
  std::string out = fmt::format("## {}\n\n", study.claim);
  out += paragraph(fmt::format("**{}.** {}", verdict_text(study), study.conclusion));
  for (const StudyTerm& term : study.terms) {
    if (explained.insert(term.word).second) out += paragraph(fmt::format("*{}*: {}.", term.word, term.meaning));
  }
  out += fmt::format("```sh\nrectify study {}\n```\n\n", study.name);
  out += paragraph(study.method);
  for (const StudyTable& table : study.tables) out += page_table(table, study.seeds);
  std::string legend;
  for (const StudyTerm& term : legend_of(study)) legend += fmt::format("{}: {}. ", term.word, term.meaning);
  legend.pop_back();
  out += paragraph(legend);
  return out + paragraph(fmt::format("Budget: {}; {:.0f} s of one core.", study.budget, study.seconds));
}

std::string share_cell(const Estimate& share, bool sure) {
  if (sure) return fmt::format("{:.1f}", 100 * share.mean);
  if (leaves_range(share)) {
    const int digits = share.highest - share.lowest < 0.1 ? 1 : 0;
    return fmt::format("{:.{}f} ({:.{}f}..{:.{}f})", 100 * share.mean, digits, 100 * share.lowest, digits, 100 * share.highest, digits);
  }
  const int digits = share.margin < 0.0995 ? 1 : 0;
  return fmt::format("{:.{}f} +-{:.{}f}", 100 * share.mean, digits, 100 * share.margin, digits);
}

std::string duration(double seconds) { return seconds < 100 ? fmt::format("{:.0f} s", seconds) : fmt::format("{:.0f} min", seconds / 60); }

/// What all studies took together.
std::string totals(std::span<const StudyRecord> studies) {
  double seconds = 0, elapsed = 0;
  int trials = 0, stored = 0, threads = 1;
  for (const StudyRecord& study : studies) {
    seconds += study.seconds, elapsed += study.elapsed, trials += study.trials, stored += study.stored;
    threads = std::max(threads, study.threads);
  }
  std::string text = fmt::format("All trainings together took {} of one core", duration(seconds));
  if (stored == 0)
    return text + fmt::format(". The run that wrote this page took {} on {} core{}.", duration(elapsed), threads, threads > 1 ? "s" : "");
  const std::string how_many = stored == trials ? "All" : std::to_string(stored);
  return text + fmt::format(". {} of the {} trials were finished by runs before the one that wrote this page.", how_many, trials);
}

}  // namespace

std::string verdict_text(const StudyRecord& study) {
  switch (study.verdict) {
    case StudyVerdict::kHolds: return "holds";
    case StudyVerdict::kHoldsIf: return "holds if " + study.condition;
    case StudyVerdict::kNotFound: return "not found here";
    case StudyVerdict::kWrong: return "wrong";
    case StudyVerdict::kNotMeasured: break;
  }
  return "could not be measured";
}

std::string estimate_cell(const Estimate& value, StudyUnit unit) {
  if (std::isnan(value.mean)) return "-";
  const bool sure = std::isnan(value.margin) || value.margin == 0;
  switch (unit) {
    case StudyUnit::kShare: return share_cell(value, sure);
    case StudyUnit::kCount: return fmt::format("{:.0f} of {}", value.mean * value.count, value.count);
    case StudyUnit::kRatio: {
      const double factor = std::pow(10, value.margin);
      if (sure || factor < 1.005) return span_text(value.mean);
      return span_text(value.mean) + " */" + (factor < 1.995 ? fmt::format("{:.2f}", factor) : short_text(factor));
    }
    case StudyUnit::kNumber: break;
  }
  const bool whole = value.mean == std::round(value.mean) && std::abs(value.mean) < 1e9 && sure;
  if (whole) return fmt::format("{:.0f}", value.mean);
  return sure ? short_text(value.mean) : with_margin(value.mean, value.margin);
}

std::string study_text(const StudyRecord& study) {
  std::string out = wrap(fmt::format("{}: {}", study.name, study.claim)) + "\n" + wrap(study.method);
  out += wrap(study.budget + ".") + "\n";
  for (const StudyTable& table : study.tables) out += terminal_table(table, study.seeds) + "\n";
  std::size_t width = 0;
  const std::vector<StudyTerm> legend = legend_of(study);
  for (const StudyTerm& term : legend) width = std::max(width, term.word.size());
  for (const StudyTerm& term : legend) out += wrap_beside(term.word, static_cast<int>(width) + 2, term.meaning);
  out += wrap(margin_meaning(study));
  if (!study.terms.empty()) out += "\n";
  for (const StudyTerm& term : study.terms) out += wrap(fmt::format("{}: {}.", term.word, term.meaning), 2);
  return out + "\n" + wrap(verdict_text(study)) + wrap(study.conclusion);
}

std::string study_list(std::span<const StudyRecord> studies) {
  std::size_t width = 0;
  std::string out;
  for (const StudyRecord& study : studies) width = std::max(width, study.name.size());
  for (const StudyRecord& study : studies) out += wrap_beside(study.name, static_cast<int>(width) + 2, study.claim);
  return out;
}

std::string lecture_page(std::span<const StudyRecord> studies, std::span<const StudyLeftOut> left_out) {
  std::string out = "# The lecture, sentence by sentence\n\n";
  out += paragraph(
      "Courses on activation functions teach the sentences below. Each was tested: a command, numbers, a verdict. This page is written by "
      "`make lecture`, its sentences follow from its numbers, and `rectify study NAME` runs any part of it, most of them also with "
      "`--data` on your own.");
  out += paragraph(
      "A verdict is *holds*, *holds if ...*, *not found here* (the numbers do not show it, which does not make it wrong elsewhere), "
      "*wrong*, or *could not be measured*. Numbers are means over seeds: networks that differ in their random initial weights and in the "
      "order of the samples. Behind +- stands the 95 % interval of that mean by Student's t; behind */ the same of a ratio, as a factor. "
      "Small networks on one or two data sets, trained briefly: they show mechanisms, and are no ranking. Where rates are chosen, each is "
      "chosen by two trainings: the intervals do not contain what another choice, or other images, would change. Only `cnn` and `newer` "
      "correct for asking many questions at once.");
  out += "| the lecture says | verdict | study |\n|---|---|---|\n";
  for (const StudyRecord& study : studies) {
    out += fmt::format("| {} | {} | `{}` |\n", for_page(study.claim), for_page(verdict_text(study)), study.name);
  }
  out += "\n";
  for (const StudyLeftOut& one : left_out) out += paragraph(fmt::format("Left out: `{}`: {}.", one.name, one.reason));
  out += paragraph(totals(studies)) + "## Words used throughout\n\n";
  std::set<std::string> explained;
  for (const StudyTerm& term : glossary()) {
    explained.insert(term.word);
    out += wrap(for_page(fmt::format("- *{}*: {}.", term.word, term.meaning)), 2, kPageWidth);
  }
  out += "\n";
  for (const StudyRecord& study : studies) out += page_section(study, explained);
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace rectify
