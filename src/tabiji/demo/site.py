"""What まなび旅 is like, as tables: its rhythm, its requests and its jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from urllib.parse import quote

HOST = "manabi-tabi.example"
ZONE_S = 9 * 3600  # Asia/Tokyo, which has no daylight saving time
ZONE_TEXT = "+0900"
DAY_S = 86_400
JOB_SHARE = 0.07  # of all events; the rest are requests

# ---------------------------------------------------------------- rhythm


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How busy the site is: a weight for each full hour (between two, a straight line) and each day."""

    weekday: tuple[float, ...]
    weekend: tuple[float, ...]
    days: tuple[float, ...]  # Monday first


def _hours(text: str) -> tuple[float, ...]:
    return tuple(float(number) for number in text.split())


LEARNERS = Rhythm(  # on the train at 8, at lunch, and above all after dinner
    weekday=_hours(
        "0.50 0.28 0.15 0.10 0.10 0.22 0.60 1.20 1.70 1.00 0.80 0.95 "
        "1.75 1.05 0.75 0.75 0.85 1.00 1.25 1.70 2.65 3.05 2.10 1.10"
    ),
    weekend=_hours(
        "0.75 0.45 0.25 0.15 0.12 0.18 0.35 0.60 0.90 1.15 1.40 1.35 "
        "1.20 1.30 1.45 1.50 1.45 1.30 1.30 1.65 2.55 3.00 2.10 1.20"
    ),
    days=(1.00, 1.03, 1.02, 0.98, 0.90, 0.95, 1.12),
)
STAFF = Rhythm(  # office hours
    weekday=(0.0,) * 8 + (0.2, 1.2, 1.5, 1.3, 0.5, 1.2, 1.4, 1.3, 1.4, 1.0, 0.5, 0.2) + (0.0,) * 4,
    weekend=(0.0,) * 9 + (0.1, 0.3, 0.3, 0.2, 0.3, 0.3, 0.2, 0.1) + (0.0,) * 7,
    days=(1.15, 1.0, 1.0, 1.0, 0.95, 0.5, 0.5),
)
ALWAYS = Rhythm(weekday=(1.0,) * 24, weekend=(1.0,) * 24, days=(1.0,) * 7)
GROWTH_PER_DAY = 0.003


def minute_weights(rhythm: Rhythm, day: int, from_minute: int, to_minute: int) -> list[float]:
    """The weights of the minutes [from_minute, to_minute) of a local day (days since 1970-01-01)."""
    weekday = (day + 3) % 7  # 1970-01-01 was a Thursday
    hours = rhythm.weekend if weekday >= 5 else rhythm.weekday
    of_day = rhythm.days[weekday]
    weights = []
    for minute in range(from_minute, to_minute):
        hour, part = divmod(minute, 60)
        here, there = hours[hour], hours[(hour + 1) % 24]
        weights.append(of_day * (here + (there - here) * part / 60))
    return weights


# ---------------------------------------------------------------- requests

Target = Callable[[Random], str]  # → the path of one request, with its query


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer that is not the usual one, and how often (0–1) it is given."""

    status: int
    rate: float
    error: str = "-"  # the code in the header x-graphql-error


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of request. Durations are those of a calm day, log-normal with these two quantiles."""

    name: str  # of the GraphQL operation, else what a person would call it
    share: float  # of the requests that follow the learners' rhythm, in per cent
    p50_ms: float
    p95_ms: float
    bytes_min: int
    bytes_max: int
    target: Target
    failing: float = 0.0003  # the system's own errors, 0–1
    others: tuple[Outcome, ...] = ()  # the client's own errors, redirects, nothing new
    method: str = "GET"
    status: int = 200
    graphql: bool = False
    signed_in: float = 1.0  # share of requests with a plan
    upstream: bool = True  # False: nginx answers by itself


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


COURSES, LESSONS, USERS = 420, 38, 9_000
TERMS = _words(
    "英会話 簿記3級 統計学 Python データ分析 漢字 写真 デザイン マーケティング 機械学習 エクセル ピアノ "
    "韓国語 TOEIC 料理 囲碁 経営 心理学 宅建 会計 話し方 動画編集 SQL 文章の書き方 子育て 投資 世界史 俳句"
)
THEMES = _words(
    "getting-started-with ten-mistakes-in a-year-of why-we-teach how-i-learned the-hidden-joy-of notes-on "
    "an-evening-with teaching-children questions-about a-short-history-of twenty-minutes-of"
)
TOPICS = _words(
    "python sql statistics bookkeeping english kanji design photography marketing negotiation cooking guitar "
    "go machine-learning excel"
)
SLUGS = tuple(f"{theme}-{topic}" for topic in TOPICS for theme in THEMES)
ASSETS = (
    "/assets/application-5f3d9a0c7be1.css",
    "/assets/application-91c2e40d77ab.js",
    "/assets/player-0b6e2f8d13c9.js",
    "/assets/vendor-e2a71c5f9d04.js",
    "/assets/logo-7c1b9e52f0a3.svg",
    "/assets/icons-d40f6a8b2c17.woff2",
)
SCANNED = (
    "/wp-login.php",
    "/wp-admin/setup.php",
    "/.env",
    "/.git/config",
    "/phpmyadmin/index.php",
    "/xmlrpc.php",
    "/admin.php",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    "/cgi-bin/luci",
    "/actuator/health",
)


def uuid(rng: Random) -> str:
    """A random UUID of version 4."""
    bits = f"{rng.getrandbits(128):032x}"
    return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-{'89ab'[rng.getrandbits(2)]}{bits[17:20]}-{bits[20:]}"


def _course(rng: Random) -> int:
    return 1 + int(COURSES * rng.random() ** 2)  # the old ones are the loved ones


def _course_list(rng: Random) -> str:
    return f"/courses?page={1 + int(12 * rng.random() ** 3)}"


def _lesson(rng: Random) -> str:
    return f"/courses/{_course(rng)}/lessons/{rng.randint(1, LESSONS)}"


def _fixed(path: str) -> Target:
    return lambda rng: path


def _graphql(
    name: str,
    share: float,
    p50_ms: float,
    p95_ms: float,
    bytes_min: int,
    bytes_max: int,
    failing: float = 0.0003,
    others: tuple[Outcome, ...] = (),
) -> Operation:
    """Every answer is a 200, unless something on the way to it broke; what went wrong stands in a header."""
    return Operation(
        name,
        share,
        p50_ms,
        p95_ms,
        bytes_min,
        bytes_max,
        _fixed("/graphql"),
        failing,
        others,
        method="POST",
        graphql=True,
    )


_BAD_INPUT = "BAD_USER_INPUT"
_MISSING = (Outcome(404, 0.002),)

OPERATIONS: tuple[Operation, ...] = (
    # name, share, p50 and p95 in ms, size in bytes from and to
    _graphql("PlayVideo", 11, 120, 360, 700, 2_600, failing=0.0005),
    _graphql("RecordProgress", 15, 38, 120, 90, 160, failing=0.00015),
    _graphql("CourseDetail", 11, 110, 300, 3_000, 28_000, failing=0.00015),
    _graphql("Viewer", 10, 26, 90, 300, 900, others=(Outcome(200, 0.012, "UNAUTHENTICATED"),)),
    _graphql("SearchCourses", 7, 210, 640, 1_200, 18_000, others=(Outcome(200, 0.004, _BAD_INPUT),)),
    _graphql("SubmitQuiz", 4, 95, 280, 200, 1_400, 0.00025, (Outcome(200, 0.021, _BAD_INPUT),)),
    _graphql("QuizQuestions", 3, 60, 190, 1_800, 9_000, failing=0.00025),
    _graphql("Notifications", 3, 30, 110, 120, 2_400),
    _graphql("EnrollCourse", 1.2, 260, 700, 240, 600, 0.0002, (Outcome(200, 0.008, _BAD_INPUT),)),
    Operation("home", 2.4, 45, 140, 9_000, 21_000, _fixed("/"), signed_in=0.5),
    Operation("course list", 2.2, 90, 260, 9_000, 30_000, _course_list, signed_in=0.6),
    Operation(
        "course",
        6,
        85,
        240,
        8_000,
        40_000,
        lambda r: f"/courses/{_course(r)}",
        others=_MISSING,
        signed_in=0.7,
    ),
    Operation("lesson", 5, 70, 210, 6_000, 26_000, _lesson, others=_MISSING),
    Operation(
        "search", 2.5, 190, 580, 4_000, 24_000, lambda r: f"/search?q={quote(r.choice(TERMS))}", signed_in=0.4
    ),
    Operation(
        "blog",
        3,
        35,
        120,
        7_000,
        42_000,
        lambda r: f"/blog/{r.choice(SLUGS)}",
        others=_MISSING,
        signed_in=0.15,
    ),
    Operation("blog index", 0.5, 32, 110, 9_000, 12_000, _fixed("/blog"), signed_in=0.15),
    Operation("own profile", 2, 40, 130, 2_000, 5_000, _fixed("/users/me"), others=(Outcome(401, 0.01),)),
    Operation(
        "profile", 1, 42, 130, 2_000, 6_000, lambda r: f"/users/{1 + r.randrange(USERS)}", others=_MISSING
    ),
    Operation("sign-up form", 0.4, 25, 80, 5_000, 5_400, _fixed("/users/new"), signed_in=0),
    Operation("login form", 0.9, 22, 70, 4_000, 4_300, _fixed("/login"), signed_in=0),
    Operation(
        "login",
        *(0.9, 310, 620, 0, 300),
        _fixed("/login"),
        others=(Outcome(422, 0.09),),
        method="POST",
        status=302,
        signed_in=0,
    ),
    Operation(
        "new enrolment",
        *(0.5, 240, 660, 300, 700),
        _fixed("/api/v1/enrollments"),
        failing=0.0002,
        others=(Outcome(422, 0.03), Outcome(401, 0.004)),
        method="POST",
        status=201,
    ),
    Operation(
        "enrolment",
        *(1.2, 35, 120, 300, 900),
        lambda r: f"/api/v1/enrollments/{uuid(r)}",
        failing=0.0002,
        others=_MISSING,
    ),
    Operation(
        "certificate",
        *(0.4, 180, 480, 60_000, 190_000),
        lambda r: f"/certificates/{uuid(r)}",
        others=(Outcome(404, 0.006),),
        signed_in=0.6,
    ),
    Operation(
        "assets",
        *(7, 1, 6, 2_000, 240_000),
        lambda r: r.choice(ASSETS),
        failing=0,
        others=(Outcome(304, 0.34),),
        signed_in=0,
        upstream=False,
    ),
)

# Some tens a day, however busy the site is.
ADMIN_PER_DAY = (10, 30)
REPORT = Operation(
    "monthly report", 0, 900, 2_400, 20_000, 90_000, _fixed("/admin/reports/monthly"), signed_in=0
)
SUSPEND = Operation(
    "suspend a user",
    *(0, 80, 210, 200, 400),
    lambda r: f"/admin/users/{1 + r.randrange(USERS)}/suspend",
    method="POST",
    status=302,
    signed_in=0,
)
ADMIN = (REPORT, SUSPEND)
SCANS_PER_DAY = (15, 45)
CLIENT_ABORTS = 0.0008  # of the requests that reach the application: status 499
UPSTREAM_RETRIED = 0.006  # of the requests: a second server answered, so the upstream time is a list

# ---------------------------------------------------------------- jobs


@dataclass(frozen=True, slots=True)
class Job:
    """One class of Sidekiq jobs. Elapsed and waiting times are log-normal with these two quantiles."""

    name: str
    share: float  # of jobs, in per cent
    queue: str
    rhythm: Rhythm
    retries: int
    elapsed_p50_ms: float
    elapsed_p95_ms: float
    waiting_p50_ms: float
    waiting_p95_ms: float
    failing: float  # share of first attempts, 0–1
    failing_again: float  # share of later attempts
    error: str
    message: str


JOBS: tuple[Job, ...] = (
    Job(
        "ProgressWorker",
        *(78, "default", LEARNERS, 2, 24, 80, 15, 120, 0.0012, 0.2),
        "ActiveRecord::LockWaitTimeout",
        "Mysql2::Error::TimeoutError: Lock wait timeout exceeded; try restarting transaction",
    ),
    Job(
        "CertificateMailer",
        *(13, "mailers", LEARNERS, 2, 420, 1_600, 900, 14_000, 0.008, 0.3),
        "Net::SMTPServerBusy",
        '421 "busy", try again later',
    ),
    Job(
        "ReportWorker",
        *(6, "low", STAFF, 2, 3_200, 19_000, 400, 9_000, 0.004, 0.25),
        "Net::ReadTimeout",
        "Net::ReadTimeout with #<TCPSocket:(closed)>",
    ),
    Job(
        "VideoEncodeWorker",
        *(3, "encoding", STAFF, 2, 48_000, 240_000, 2_000, 90_000, 0.012, 0.3),
        "Encoder::Failed",
        "ffmpeg exited with 1: Invalid data found when processing input",
    ),
)
