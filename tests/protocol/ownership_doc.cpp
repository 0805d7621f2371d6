// Writes the state picture docs/ownership.svg, the same without colours and with a place for a
// count in each state as go/inventory/states.svg, and the tables inside docs/ownership.md from
// docs/protocol.tsv. With --check it writes nothing and fails where they differ.
#include <cmath>
#include <cstdio>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "table.hpp"

namespace {

using protocol_table::entry;
using protocol_table::key;
using protocol_table::table;

struct box {
  char const *state;
  int x, y;
  char const *about;
};

/// Where the states stand. Everything that joins them comes from the table.
constexpr int box_width = 190, box_height = 58;
constexpr box boxes[] = {
    {"FREE", 110, 70, "nobody's"},
    {"LIVE", 470, 70, "one owner"},
    {"LENT", 880, 70, "lent by its owner"},
    {"TRANSIT", 110, 270, "in a ticket"},
    {"SHARED", 470, 270, "owner and duplicates"},
    {"SHARED+LENT", 880, 270, "the same, lent"},
    {"DEAD", 110, 470, "destructor owed"},
    {"OWNERLESS", 470, 470, "duplicates only"},
    {"OWNERLESS+LENT", 880, 470, "the same, lent"},
    {"ORPHAN", 880, 670, "loans only"},
};

box const *find(std::string const &state) {
  for (box const &b : boxes)
    if (state == b.state) return &b;
  return nullptr;
}

/// How a caller would say it: `release the duplicate`.
std::string phrase(key const &k) {
  std::string const &op = k[protocol_table::operation];
  std::string const &h = k[protocol_table::handle];
  if (op.rfind("pool_", 0) == 0 || op == "acquire") return op;
  if (h == "duplicate" || h == "ticket_of_duplicate") return op + " duplicate";
  return op;
}

/// The change of state of an open pool, most telling words only: `release_deferred` goes with
/// `release`, and `borrow` and `return` with `lend` and `give_back`, where they do the same.
std::map<std::pair<std::string, std::string>, std::set<std::string>> edges(table const &t) {
  std::map<std::pair<std::string, std::string>, std::set<std::string>> joined;
  for (entry const &e : t.entries) {
    key const &k = e.asked;
    std::string const &from = k[protocol_table::state];
    std::string const &to = e.answer.next;
    std::string const &pool = k[protocol_table::pool];
    if (pool != "open" || find(from) == nullptr || find(to) == nullptr || from == to) continue;
    joined[{from, to}].insert(phrase(k));
  }
  for (auto &[ends, words] : joined) {
    auto const fold = [&words = words](char const *kept, char const *dropped) {
      if (words.count(kept) != 0) words.erase(dropped);
    };
    fold("release", "release_deferred");
    fold("release duplicate", "release_deferred duplicate");
    fold("lend", "lend duplicate");
    fold("lend", "borrow");
    fold("lend", "borrow duplicate");
    fold("lend duplicate", "borrow duplicate");
    fold("borrow", "borrow duplicate");
    fold("give_back", "return");
    fold("pool_close", "pool_close_reclaim");
  }
  return joined;
}

std::string escaped(std::string const &text) {
  std::string out;
  for (char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

struct point {
  double x, y;
};

/// Where a line that starts at `inside`, a point of the box around `middle`, and goes to `to`
/// leaves it.
point rim(point middle, point inside, point to) {
  double const dx = to.x - inside.x, dy = to.y - inside.y;
  double const half_x = box_width / 2.0 + 4, half_y = box_height / 2.0 + 4;
  double const x = middle.x + (dx < 0 ? -half_x : half_x);
  double const y = middle.y + (dy < 0 ? -half_y : half_y);
  double const by_x = dx == 0 ? 1e9 : (x - inside.x) / dx;
  double const by_y = dy == 0 ? 1e9 : (y - inside.y) / dy;
  double const part = by_x < by_y ? by_x : by_y;
  return {inside.x + dx * part, inside.y + dy * part};
}

/// Upright lines beside a column, for states with others in between; `left` of it or right.
std::string around(box const &from, box const &to, bool left, point &label) {
  int const side = left ? from.x - 4 : from.x + box_width + 4;
  int const out = left ? side - 74 : side + 112;
  int const y1 = from.y + box_height / 2, y2 = to.y + box_height / 2;
  std::ostringstream d;
  d << 'M' << side << ' ' << y1 << " C" << out << ' ' << y1 << ' ' << out << ' ' << y2 << ' '
    << side << ' ' << y2;
  label = {left ? side - 34.0 : side + 78.0, y2 > y1 ? (y1 + y2) / 2.0 : y1 - 112.0};
  return d.str();
}

/// Below everything and up the left margin, into `to` from the left.
std::string underneath(box const &from, box const &to, point &label) {
  int const x = from.x + box_width / 2, floor = from.y + box_height + 22;
  std::ostringstream d;
  d << 'M' << x << ' ' << from.y + box_height + 4 << " L" << x << ' ' << floor - 10 << " Q" << x
    << ' ' << floor << ' ' << x - 10 << ' ' << floor << " L32 " << floor << " Q22 " << floor
    << " 22 " << floor - 10 << " L22 " << to.y + 22 << " Q22 " << to.y + 12 << " 32 " << to.y + 12
    << " L" << to.x - 4 << ' ' << to.y + 12;
  label = {x - 330.0, floor - 8.0};
  return d.str();
}

void draw_edge(std::ostringstream &svg, box const &from, box const &to, bool both_ways,
               std::set<std::string> const &words) {
  std::vector<std::string> lines;  // broken where they would not fit between two columns
  for (std::string const &word : words) {
    auto const space = word.size() > 22 ? word.find(' ') : std::string::npos;
    lines.push_back(word.substr(0, space));
    if (space != std::string::npos) lines.push_back(word.substr(space + 1));
  }
  point a{from.x + box_width / 2.0, from.y + box_height / 2.0};
  point b{to.x + box_width / 2.0, to.y + box_height / 2.0};
  double const dx = b.x - a.x, dy = b.y - a.y, length = std::hypot(dx, dy);
  bool const flat = dy == 0, upright = dx == 0, far = dy > 250 || dy < -250;
  std::string const colour = std::string(to.state) == "FREE"   ? "free"
                             : std::string(to.state) == "DEAD" ? "dead"
                                                               : "held";
  char const *anchor = "middle";
  point label;
  std::string line;
  if (upright && far) {
    line = around(from, to, from.x < 700, label);
    anchor = from.x < 700 ? "start" : "end";
  } else if (far && colour == "free" && from.x > 700) {
    line = underneath(from, to, label);
  } else {
    // Two ways between two boxes run side by side, each on its right.
    double const aside = !both_ways ? 0 : upright ? 44 : 13;
    point const shift{-dy / length * aside, dx / length * aside};
    point const start{a.x + shift.x, a.y + shift.y}, goal{b.x + shift.x, b.y + shift.y};
    point const p = rim(a, start, goal), q = rim(b, goal, start);
    std::ostringstream d;
    d << 'M' << p.x << ' ' << p.y << " L" << q.x << ' ' << q.y;
    line = d.str();
    double const along = flat || upright ? 0.5 : far ? 0.3 : 0.62;
    label = {p.x + (q.x - p.x) * along, p.y + (q.y - p.y) * along};
    if (upright) {
      anchor = dy < 0 && both_ways ? "start" : "end";
      if (!both_ways) anchor = dy < 0 ? "end" : "start";
      label.x += std::string(anchor) == "start" ? 8 : -8;
    }
    double const extra = 15.0 * static_cast<double>(lines.size() - 1);
    label.y += flat ? (dx < 0 ? -8 - extra : 18) : 4 - extra / 2;
  }
  svg << "<path class=\"edge " << colour << "\" marker-end=\"url(#" << colour << ")\" d=\"" << line
      << "\"/>\n";
  for (std::string const &word : lines) {
    svg << "<text class=\"label\" text-anchor=\"" << anchor << "\" x=\"" << label.x << "\" y=\""
        << label.y << "\">" << escaped(word) << "</text>\n";
    label.y += 15;
  }
}

void draw_edges(std::ostringstream &svg, table const &t) {
  auto const all = edges(t);
  for (auto const &[ends, words] : all)
    draw_edge(svg, *find(ends.first), *find(ends.second), all.count({ends.second, ends.first}) != 0,
              words);
}

char const *shade(std::string const &state) {
  return state == "FREE" ? " end" : state == "DEAD" ? " owe" : "";
}

void draw_arrowhead(std::ostringstream &svg, char const *name, std::string const &fill) {
  svg << "<marker id=\"" << name
      << "\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" "
         "orient=\"auto-start-reverse\"><path d=\"M0 1 L10 5 L0 9 z\" "
      << fill << "/></marker>\n";
}

std::string picture(table const &t) {
  std::ostringstream svg;
  svg << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1190 800\" width=\"1190\" "
         "height=\"800\" role=\"img\" aria-label=\"States of an object and what changes them\">\n"
         "<!-- Made from protocol.tsv by tests/protocol/ownership_doc.cpp; do not edit. -->\n"
         "<style>\n"
         "text { font-family: 'DejaVu Sans', Verdana, sans-serif; fill: #1f2933; }\n"
         ".title { font-size: 17px; font-weight: bold; }\n"
         ".note { font-size: 12px; fill: #52606d; }\n"
         ".name { font-size: 15px; font-weight: bold; text-anchor: middle; }\n"
         ".about { font-size: 12px; fill: #52606d; text-anchor: middle; }\n"
         ".label { font-size: 12px; font-family: 'DejaVu Sans Mono', monospace; paint-order: "
         "stroke; stroke: #fff; stroke-width: 5px; stroke-linejoin: round; }\n"
         ".box { stroke: #334e68; stroke-width: 1.6; fill: #e8f1fa; }\n"
         ".box.end { fill: #f0f4f0; stroke: #486b48; } .box.owe { fill: #fdf0e4; stroke: #9c5a14; "
         "}\n"
         ".edge { fill: none; stroke-width: 1.6; } .held { stroke: #2f6690; } .free { stroke: "
         "#486b48; } .dead { stroke: #9c5a14; }\n"
         "</style>\n<defs>\n";
  for (auto const &[name, colour] :
       {std::pair{"held", "#2f6690"}, std::pair{"free", "#486b48"}, std::pair{"dead", "#9c5a14"}})
    draw_arrowhead(svg, name, std::string("fill=\"") + colour + "\"");
  svg << "</defs>\n<rect width=\"1190\" height=\"800\" fill=\"#fff\"/>\n"
         "<text class=\"title\" x=\"22\" y=\"34\">The states of an object</text>\n"
         "<text class=\"note\" x=\"290\" y=\"34\">an open pool; one duplicate, one loan. "
         "release_deferred is as release; borrow, return as lend, give_back.</text>\n";
  draw_edges(svg, t);
  for (box const &b : boxes) {
    svg << "<rect class=\"box" << shade(b.state) << "\" x=\"" << b.x << "\" y=\"" << b.y
        << "\" width=\"" << box_width << "\" height=\"" << box_height
        << "\" rx=\"9\"/>\n<text class=\"name\" x=\"" << b.x + box_width / 2 << "\" y=\""
        << b.y + 25 << "\">" << b.state << "</text>\n<text class=\"about\" x=\""
        << b.x + box_width / 2 << "\" y=\"" << b.y + 44 << "\">" << b.about << "</text>\n";
  }
  svg << "<text class=\"note\" x=\"22\" y=\"780\">Revoked (by revoke or pool_close): the same "
         "states and ends, but no arrow that begins with dup, lend, borrow, move_out or "
         "move_in.</text>\n</svg>\n";
  return svg.str();
}

/// For a page that has the colours, in classes, and the counts, by data-state.
std::string counted_picture(table const &t) {
  std::ostringstream svg;
  svg << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 50 1190 710\" role=\"img\" "
         "aria-label=\"How many objects are in which state\">\n"
         "<!-- Made from docs/protocol.tsv by tests/protocol/ownership_doc.cpp; do not edit. -->\n"
         "<defs>\n";
  for (char const *const name : {"held", "free", "dead"})
    draw_arrowhead(svg, name, std::string("class=\"head ") + name + "\"");
  svg << "</defs>\n";
  draw_edges(svg, t);
  for (box const &b : boxes) {
    svg << "<g class=\"state" << shade(b.state) << "\" data-state=\"" << b.state << "\"><title>"
        << b.about << "</title><rect class=\"box\" x=\"" << b.x << "\" y=\"" << b.y << "\" width=\""
        << box_width << "\" height=\"" << box_height << "\" rx=\"9\"/><text class=\"name\" x=\""
        << b.x + box_width / 2 << "\" y=\"" << b.y + 21 << "\">" << b.state
        << "</text><text class=\"count\" x=\"" << b.x + box_width / 2 << "\" y=\"" << b.y + 45
        << "\">" << (std::string(b.state) == "FREE" ? b.about : "0") << "</text></g>\n";
  }
  svg << "</svg>\n";
  return svg.str();
}

/// `a|b` as `a, b`; nothing for any.
std::string listed(std::vector<std::string> const &cells) {
  std::string text;
  for (std::string const &cell : cells) text += (text.empty() ? "" : ", ") + cell;
  return text.empty() ? "any" : text;
}

std::string line(protocol_table::pattern const &row) {
  auto const &c = row.cells;
  std::string when = listed(c[protocol_table::state]);
  if (c[protocol_table::revoked].size() == 1)
    when += c[protocol_table::revoked][0] == "yes" ? "; revoked" : "; not revoked";
  if (!c[protocol_table::pool].empty()) when += "; pool " + listed(c[protocol_table::pool]);
  if (c[protocol_table::owed].size() == 1)
    when += c[protocol_table::owed][0] == "yes" ? "; destructor" : "; no destructor";
  return "| " + listed(c[protocol_table::operation]) + " | " + when + " | " + row.answer.status +
         " | " + row.answer.next + " | " + row.answer.order + " | " + row.answer.reason + " |\n";
}

/// One table for each group of handles, in the order in which the file first names it.
std::string tables(table const &t) {
  std::vector<std::string> groups;
  for (auto const &row : t.rows) {
    auto const group = listed(row.cells[protocol_table::handle]);
    if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
  }
  std::string text;
  for (auto const &group : groups) {
    text += "**" + group +
            "**\n\n| operation | state | result | state after | order | why |\n"
            "|---|---|---|---|---|---|\n";
    for (auto const &row : t.rows)
      if (listed(row.cells[protocol_table::handle]) == group) text += line(row);
    text += "\n";
  }
  return text + std::to_string(t.rows.size()) + " rows, " + std::to_string(t.entries.size()) +
         " cases.\n";
}

constexpr char begin_marker[] = "<!-- begin: tables from protocol.tsv -->\n";
constexpr char end_marker[] = "<!-- end -->";

std::string contents(std::filesystem::path const &path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Writes or compares. False: differs.
bool settle(std::filesystem::path const &path, std::string const &text, bool check) {
  if (contents(path) == text) return true;
  if (check) {
    std::fprintf(stderr,
                 "%s is not what docs/protocol.tsv says; regenerate it: run this program "
                 "(ownership_doc) without --check\n",
                 path.c_str());
    return false;
  }
  std::ofstream(path, std::ios::binary) << text;
  return true;
}

}  // namespace

int main(int argc, char **argv) {
  bool const check = argc == 2 && std::string(argv[1]) == "--check";
  if (argc > 1 && !check) {
    std::fprintf(stderr, "usage: %s [--check]\n", argv[0]);
    return 2;
  }
  table const t = protocol_table::read();
  for (std::string const &fault : t.faults)
    std::fprintf(stderr, "docs/protocol.tsv: %s\n", fault.c_str());
  if (!t.faults.empty()) return 1;

  auto const docs = protocol_table::source_root() / "docs";
  std::string page = contents(docs / "ownership.md");
  auto const begin = page.find(begin_marker);
  auto const end = page.find(end_marker);
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    std::fprintf(stderr, "docs/ownership.md has lost its markers: %s", begin_marker);
    return 1;
  }
  auto const from = begin + sizeof begin_marker - 1;
  page.replace(from, end - from, tables(t));
  auto const counted = protocol_table::source_root() / "go" / "inventory" / "states.svg";
  bool const drawn = settle(docs / "ownership.svg", picture(t), check);
  bool const same = settle(counted, counted_picture(t), check) && drawn;
  return settle(docs / "ownership.md", page, check) && same ? 0 : 1;
}
