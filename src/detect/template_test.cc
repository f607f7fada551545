#include "detect/template.h"

#include <gtest/gtest.h>

#include <cmath>

#include "detect/fake_sources.h"

namespace capstan::detect {
namespace {

std::string expand(std::string_view text, double value = 1234567) {
  const FakeSignals signals = [] {
    FakeSignals made;
    made.set("up", {Labels{{"__name__", "up"}, {"instance", "b"}}, Labels{{"__name__", "up"}, {"instance", "a"}}}, 7);
    return made;
  }();
  const TemplateData data{Labels{{"instance", "web1.example.org:9100"}, {"job", "node"}}, value, Labels{{"site", "x"}},
                          "http://c/p"};
  const Result<Template> parsed = Template::parse(text);
  if (!parsed) return "parse error " + parsed.error().to_string();
  return parsed->expand_or_say(data, {&signals, from_unix_ms(0)});
}

// The expected texts are what Go 1.26's text/template and Prometheus 2.42 print for the same.
TEST(Template, PrintsLabelsAndValuesAsGoDoes) {
  EXPECT_EQ(expand("{{ $labels.job }}/{{ .Labels.job }}/{{ index $labels \"job\" }}/{{ $labels.none }}|"),
            "node/node/node/|");
  EXPECT_EQ(expand("{{ $value }} {{ .Value }}"), "1.234567e+06 1.234567e+06");
  EXPECT_EQ(expand("{{ $value }}", 100000), "100000");
  EXPECT_EQ(expand("{{ $value }}", 0.00001), "1e-05");
  EXPECT_EQ(expand("{{ $value }}", NAN), "NaN");
  EXPECT_EQ(expand("{{ $labels }}"), "map[instance:web1.example.org:9100 job:node]");
  EXPECT_EQ(expand("{{ $externalLabels.site }} {{ externalURL }} {{ pathPrefix }}"), "x http://c/p /p");
  EXPECT_EQ(expand("{{ 1.0 }} {{ 1e3 }} {{ `a\\b` }} {{ \"t\\t\\u00fc\" }}"), "1 1000 a\\b t\t\u00fc");
}

TEST(Template, FormatsAsGoDoes) {
  EXPECT_EQ(expand("{{ printf \"%.2f|%6.1f|%-8.2f|%e\" $value $value $value $value }}", 0.25),
            "0.25|   0.2|0.25    |2.500000e-01");
  EXPECT_EQ(expand("{{ printf \"%d\" $value }} {{ printf \"%s\" $value }}", 1), "%!d(float64=1) %!s(float64=1)");
  EXPECT_EQ(expand("{{ printf \"%5s|%-5s|%q|%x|%05d|%+d|%t|%%\" \"a\" \"b\" \"c\\\"\" \"hi\" 42 7 true }}"),
            "    a|b    |\"c\\\"\"|6869|00042|+7|true|%");
  EXPECT_EQ(expand("{{ printf \"%s\" }}"), "%!s(MISSING)");
  EXPECT_EQ(expand("{{ print 1 2 \"x\" }} {{ print \"a\" 1 2 \"b\" }}"), "1 2x a1 2b");
  EXPECT_EQ(expand("{{ $value | printf \"%.1f\" }}", 2), "2.0");
}

TEST(Template, HumanizesAsPrometheusDoes) {
  EXPECT_EQ(expand("{{ humanize $value }} {{ humanize1024 1048576.0 }}"), "1.235M 1Mi");
  EXPECT_EQ(expand("{{ humanize 0.0012 }} {{ humanize 0.0 }} {{ humanize1024 1.0 }}"), "1.2m 0 1");
  EXPECT_EQ(expand("{{ humanizeDuration 3725.0 }} {{ humanizeDuration 0.5 }} {{ humanizeDuration 90061 }} {{ "
                   "humanizeDuration \"59.5\" }}"),
            "1h 2m 5s 500ms 1d 1h 1m 1s 59.5s");
  EXPECT_EQ(expand("{{ humanizePercentage 0.1234 }} {{ humanizeTimestamp 1435065584.128 }}"),
            "12.34% 2015-06-23 13:19:44.128 +0000 UTC");
}

TEST(Template, ChoosesAndRepeats) {
  EXPECT_EQ(expand("{{ if gt $value 5.0 }}a{{ else if eq $labels.job \"node\" }}b{{ else }}c{{ end }}", 1), "b");
  EXPECT_EQ(
      expand("{{ with $labels.job }}<{{ . }}>{{ else }}none{{ end }}{{ with $labels.x }}x{{ else }}none{{ end }}"),
      "<node>none");
  EXPECT_EQ(expand("{{ range query \"up\" }}{{ .Labels.instance }}={{ .Value }};{{ end }}"), "b=7;a=7;");
  EXPECT_EQ(
      expand("{{ range $i, $s := query \"up\" | sortByLabel \"instance\" }}{{ $i }}{{ $s.Labels.instance }}{{ end }}"),
      "0a1b");
  EXPECT_EQ(expand("{{ range $k, $v := $labels }}{{ $k }}:{{ $v }},{{ else }}no{{ end }}"),
            "instance:web1.example.org:9100,job:node,");
  EXPECT_EQ(expand("{{ range query \"none\" }}x{{ else }}empty{{ end }}"), "empty");
  EXPECT_EQ(expand("{{ range query \"up\" }}{{ if eq .Labels.instance \"a\" }}{{ continue }}{{ end }}{{ "
                   ".Labels.instance }}{{ end }}"),
            "b");
  EXPECT_EQ(expand("{{ and 1 0 2 }}{{ or 0 \"x\" }}{{ not true }} {{ len $labels }}"), "0xfalse 2");
}

TEST(Template, AsksQueries) {
  EXPECT_EQ(
      expand("{{ query \"up\" | first | value }} {{ with query \"up\" }}{{ . | first | label \"instance\" }}{{ end }}"),
      "7 b");
  EXPECT_EQ(expand("{{ (query \"up\" | first).Labels.instance }}"), "b");
  EXPECT_EQ(expand("{{ query \"none\" | first | value }}").substr(0, 26), "<error expanding template:");
}

TEST(Template, TrimsAndSkipsComments) {
  EXPECT_EQ(expand("a {{- /* c */ -}} b {{- \" x\" }}"), "ab x");
  EXPECT_EQ(expand("a\n  {{- if true -}}\n b \n{{- end }}"), "ab");
  EXPECT_EQ(expand("{{ 3 }}{{ -3 }}"), "3-3");
}

TEST(Template, KeepsVariablesInTheirBlocks) {
  EXPECT_EQ(expand("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $y := 3 }}{{ end }}{{ $x }}"), "2");
  EXPECT_EQ(expand("{{ if true }}{{ $y := 3 }}{{ end }}{{ $y }}"), "parse error line 1:39: undefined variable '$y'");
}

TEST(Template, WorksOnTexts) {
  EXPECT_EQ(expand("{{ reReplaceAll \"(.*):(.*)\" \"$2/${1}\" $labels.instance }}"), "9100/web1.example.org");
  EXPECT_EQ(expand("{{ reReplaceAll \"a*\" \"x\" \"baac\" }}"), "xbxcx");
  EXPECT_EQ(
      expand(
          "{{ match \"w.b\" $labels.instance }} {{ \"foo bar\" | title | toUpper | toLower }} {{ title \"foo bar\" }}"),
      "true foo bar Foo Bar");
  EXPECT_EQ(
      expand("{{ stripPort $labels.instance }} {{ stripDomain $labels.instance }} {{ stripDomain \"10.0.0.1:80\" }}"),
      "web1.example.org web1:9100 10.0.0.1:80");
  EXPECT_EQ(expand("{{ parseDuration \"1h30m\" }} {{ graphLink \"a b\" }}"), "5400 /graph?g0.expr=a+b&g0.tab=0");
}

TEST(Template, SaysWhereAMistakeIs) {
  const struct {
    std::string_view text, expected;
  } cases[] = {{"{{ $labels.job ", "line 1:16: the action does not end with '}}'"},
               {"a\n{{ humanise $value }}", "line 2:4: function 'humanise' is not known (did you mean 'humanize'?)"},
               {"{{ $label.x }}", "line 1:4: undefined variable '$label' (did you mean '$labels'?)"},
               {"{{ define \"x\" }}", "line 1:4: 'define' is not supported: no templates are defined here"},
               {"{{ if true }}", "line 1:12: expected '{{end}}'"},
               {"{{ end }}", "line 1:1: 'end' without an action that it belongs to"},
               {"{{ \"a }}", "line 1:4: the text does not end with '\"'"},
               {"{{ }}", "line 1:4: expected a value"},
               {"{{ 1 2 }}", "line 1:8: only a function takes arguments"},
               {"{{ $value | 3 }}", "line 1:15: what a value is piped into must be a function"}};
  for (const auto& one : cases) {
    const Result<Template> parsed = Template::parse(one.text);
    ASSERT_FALSE(parsed.has_value()) << one.text;
    EXPECT_EQ(parsed.error().to_string(), one.expected);
  }
}

TEST(Template, MakesAnErrorIntoTextAndNeverLosesTheAlert) {
  EXPECT_EQ(expand("{{ humanize \"x\" }}"),
            "<error expanding template: line 1:4: error calling humanize: 'x' is no number>");
  for (const double at : {std::nan(""), -1.0, 2.0, 1e300}) {
    EXPECT_NE(expand("{{ index (query \"up\") $value }}", at).find("index out of range"), std::string::npos) << at;
  }
  EXPECT_EQ(expand("{{ $value.x }}"), "<error expanding template: line 1:4: can't evaluate field x in type float64>");
}

TEST(Template, EndsWhatWouldNotEnd) {
  std::string nested = "x";
  for (int i = 0; i < 40; ++i) nested = "{{ range $labels }}" + nested + "y{{ end }}";
  EXPECT_NE(expand(nested).find("too many steps"), std::string::npos);
}

}  // namespace
}  // namespace capstan::detect
