#include <gtest/gtest.h>

#include "decide/policy.h"

namespace capstan::decide {
namespace {

std::shared_ptr<const Calendar> holiday(std::string_view date) {
  return std::make_shared<const Calendar>(
      Calendar::parse("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:" + std::string(date) +
                          "\nSUMMARY:Holiday\nEND:VEVENT\nEND:VCALENDAR\n",
                      "c.ics")
          .value());
}

Ensure ensure() {
  Ensure made;
  made.hours = "hours";
  made.holidays = "calendar";
  made.zone = Zone();
  made.calendars = Calendars{{"kr", holiday("20260217")}, {"firm", holiday("20260218")}};
  return made;
}

TEST(OwnSchedule, IsWrittenTheSameHoweverTheNamesAre) {
  for (const char* names : {"kr, firm", "calendar/kr calendar/firm", R"(["kr","firm"])", " kr ,,firm "})
    EXPECT_EQ(own_schedule("daily", names), "daily except calendar/kr, calendar/firm") << names;
  EXPECT_EQ(own_schedule("daily", ""), "daily");
  EXPECT_EQ(own_schedule("", "kr"), "except calendar/kr");
  EXPECT_EQ(own_schedule("", "[]"), "");
}

TEST(OwnSchedule, LeavesOutTheDaysOfEachCalendar) {
  const Schedule schedule = ensure().schedule_of(own_schedule("daily 09:00-18:00", "kr, firm")).value();
  EXPECT_TRUE(schedule.at(parse_time("2026-02-16T10:00:00Z").value()).inside);
  EXPECT_EQ(schedule.at(parse_time("2026-02-17T10:00:00Z").value()).says, "Holiday (calendar/kr)");
  EXPECT_EQ(schedule.at(parse_time("2026-02-18T10:00:00Z").value()).says, "Holiday (calendar/firm)");
  EXPECT_TRUE(ensure().schedule_of("daily 09:00-18:00")->at(parse_time("2026-02-17T10:00:00Z").value()).inside);
}

TEST(OwnSchedule, RefusesWhatIsNotThere) {
  EXPECT_EQ(ensure().schedule_of("daily except calendar/ku").error().message,
            "it names the calendar 'ku', and there is no file calendar/ku.ics (did you mean 'kr'?)");
  Ensure unread = ensure();
  unread.calendars->insert_or_assign("jp", fail(ErrorCode::kPermissionDenied, "cannot open jp.ics: Permission denied"));
  EXPECT_EQ(unread.schedule_of("daily except calendar/jp").error().message,
            "it names the calendar 'jp', and cannot open jp.ics: Permission denied");
  EXPECT_FALSE(ensure().schedule_of("except calendar/kr")) << "without hours, where the policy asks for such";
  EXPECT_FALSE(ensure().schedule_of("dialy except calendar/kr"));
  std::string many;
  for (int i = 0; i < 21; ++i) many += "kr,";
  EXPECT_FALSE(ensure().schedule_of(own_schedule("daily", many)));
}

}  // namespace
}  // namespace capstan::decide
