"""Cron expressions of five fields: when did one last come true, in a zone?"""
import datetime
import re
import zoneinfo

FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
MAX_DAYS = 366 * 5  # Further back than any day that comes at all, but for 29 February around 2100.


def parse_field(text, name, low, high):
    values = set()
    for part in text.split(","):
        match = re.fullmatch(r"(\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,2}))?", part)
        if not match:
            raise ValueError(f"expected numbers, *, ranges and steps as the {name}")
        everything, first, last, step = match[1] == "*", match[2], match[3], int(match[4] or 1)
        begin = low if everything else int(first)
        end = high if everything or (match[4] and not last) else int(last or first)
        if not low <= begin <= end <= high or step == 0:
            raise ValueError(f"expected {low} to {high} as the {name}")
        values.update(range(begin, end + 1, step))
    return values


class Cron:
    def __init__(self, text):
        """Raises ValueError that says what was expected."""
        parts = text.split()
        if len(parts) != 5:
            raise ValueError("expected five fields")
        self.minutes, self.hours, self.days, self.months, self.weekdays = (
            parse_field(part, *field) for part, field in zip(parts, FIELDS))
        self.weekdays = {day % 7 for day in self.weekdays}
        self.any_day, self.any_weekday = parts[2] == "*", parts[4] == "*"

    def on(self, date):
        """Day of month and day of week are alternatives where both are restricted, as cron(8) has it."""
        if date.month not in self.months:
            return False
        day, weekday = date.day in self.days, date.isoweekday() % 7 in self.weekdays
        return (day or weekday) if not self.any_day and not self.any_weekday else (day and weekday)

    def last(self, moment, zone):
        """Seconds since 1970 of the latest time up to `moment` at which it was true, or None."""
        local = datetime.datetime.fromtimestamp(moment, zone)
        for back in range(MAX_DAYS):
            date = local.date() - datetime.timedelta(days=back)
            if not self.on(date):
                continue
            for hour in sorted(self.hours, reverse=True):
                for minute in sorted(self.minutes, reverse=True):
                    then = datetime.datetime.combine(date, datetime.time(hour, minute), zone).timestamp()
                    if then <= moment:
                        return then
        return None


class Schedule:
    """On from one expression's times to the other's."""

    def __init__(self, start, stop, zone):
        self.start, self.stop, self.zone = Cron(start), Cron(stop), zoneinfo.ZoneInfo(zone)
        self.text = {"start": start, "stop": stop, "zone": zone}
        self.known = (0.0, 0.0, True)  # An answer, and between which times it holds for sure.

    def on(self, moment):
        begin, end, answer = self.known
        if not begin <= moment < end:
            started, stopped = self.start.last(moment, self.zone), self.stop.last(moment, self.zone)
            answer = stopped is None or (started is not None and started >= stopped)
            minute = moment - moment % 60  # Crons change nothing within a minute.
            self.known = (minute, minute + 60, answer)
        return answer
