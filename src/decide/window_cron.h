// A window as services take it that start and stop by themselves: two cron expressions of five fields, minute to day of
// the week, on the clock of the window's zone.
#pragma once

#include <string>

#include "decide/window.h"

namespace capstan::decide {

struct CronPair {
  std::string start;
  std::string stop;
};

// What starts by the one and stops by the other is up for the whole window. It is up for longer only where two
// expressions cannot say more: over the pause in between where a day's times begin or end at different minutes
// (08:00-12:30,13:30-18:00), for good where such times go over midnight. What a window never ends stops nothing but for
// the instant in which the year begins: started each hour, stopped each 1 January at 00:00.
CronPair cron_of(const Window& window);

}  // namespace capstan::decide
