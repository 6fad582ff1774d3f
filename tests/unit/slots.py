"""The slots of cron times around every jump of the clocks, by another way.

For test_cron.c. It walks forward through real minutes, asks Python's zoneinfo
what the clocks show, and takes what they show for the first time, with what
they have jumped over: nothing is computed back from wall time. A line is

    ZONE CRON-WITH-UNDERSCORES FROM UNTIL SLOT@AT SLOT@AT ...

for each window around a jump; instants are seconds of Unix time.
"""
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ZONES = """Africa/Cairo Africa/Casablanca America/Havana America/New_York
America/Nuuk America/Santiago America/St_Johns Antarctica/Troll Asia/Beirut
Asia/Gaza Asia/Kathmandu Australia/Lord_Howe Europe/Berlin Europe/Dublin
Europe/Lisbon Pacific/Apia Pacific/Chatham""".split()
CRONS = ["30 2 * * *", "0 * * * *", "*/20 0-4 * * *", "15,45 2 * * *",
         "0 0 * * *", "5 23,0 1-7,25-31 3,4,9-12 0,5", "59 */12 * * 6"]
EPOCH = datetime(1970, 1, 1)
MARGIN = 6 * 60


def numbers(field, least, most):
    chosen = set()
    for item in field.split(","):
        span, _, step = item.partition("/")
        first, _, last = span.partition("-")
        if span == "*":
            first, last = least, most
        chosen.update(range(int(first), int(last or first) + 1,
                            int(step or 1)))
    return chosen


class Cron:
    def __init__(self, text):
        minute, hour, day, month, weekday = text.split()
        self.minutes = numbers(minute, 0, 59)
        self.hours = numbers(hour, 0, 23)
        self.days = numbers(day, 1, 31)
        self.months = numbers(month, 1, 12)
        self.weekdays = numbers(weekday, 0, 6)
        self.either = day[0] != "*" and weekday[0] != "*"

    def fits(self, wall):
        if wall.minute not in self.minutes or wall.hour not in self.hours:
            return False
        day = wall.day in self.days
        weekday = wall.isoweekday() % 7 in self.weekdays
        return (wall.month in self.months
                and ((day or weekday) if self.either else (day and weekday)))


def shown(zone, minute):
    """Minutes since 1970 on the clocks in `zone` at a minute of real time."""
    local = datetime.fromtimestamp(minute * 60, zone).replace(tzinfo=None)
    return (local - EPOCH) // timedelta(minutes=1)


def jumps(zone, first, last):
    before = shown(zone, first) - first
    for minute in range(first, last, 3 * 60):
        offset = shown(zone, minute) - minute
        if offset != before:
            yield minute, abs(offset - before)
        before = offset


def arrivals(zone, first, last):
    """Each minute of real time with the wall times that come with it."""
    newest = shown(zone, first)
    for minute in range(first + 1, last):
        now = shown(zone, minute)
        if now > newest:
            yield minute, [EPOCH + timedelta(minutes=m)
                           for m in range(newest + 1, now + 1)]
        newest = max(newest, now)


def slots(cron, window):
    for minute, walls in window:
        fresh = [wall for wall in walls if cron.fits(wall)]
        if fresh:
            yield f"{fresh[-1]:%Y-%m-%dT%H:%M}@{minute * 60}"


def year(number):
    return (datetime(number, 1, 1) - EPOCH) // timedelta(minutes=1)


def main():
    crons = [(text, Cron(text)) for text in CRONS]
    spans = [(name, year(2024), year(2031)) for name in ZONES]
    spans.append(("Pacific/Apia", year(2011), year(2012)))
    for name, first, last in spans:
        zone = ZoneInfo(name)
        for jump, size in jumps(zone, first, last):
            start = jump - MARGIN - size
            end = jump + MARGIN + size
            window = list(arrivals(zone, start, end))
            for text, cron in crons:
                print(name, text.replace(" ", "_"), start * 60, end * 60,
                      *slots(cron, window))


main()
