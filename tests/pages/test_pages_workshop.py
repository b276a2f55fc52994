"""A workshop with three people at once, who see what the others do within seconds; in both languages."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sites import Served, served
from test_pages_walk import LOOKS, opened, problems

from tabiji import definitions, store
from tabiji.runs import workshops

SITE = "timezone: UTC\nsources:\n  web: {format: nginx, paths: [access.log]}\n"
SEEN_MS = 4000  # a change is seen within about two seconds; the machine may be busy
HOSTILE = "<script>window.hit=1</script>\"><img src=x onerror=window.hit=1> {{7*7}} '; --"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A shop with a log, and no journeys yet."""
    folder = tmp_path_factory.mktemp("workshop")
    (folder / "tabiji.yaml").write_text(SITE, "utf-8")
    lines = []
    for back in range(300):
        at = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(time.time() - 7200 - 60 * back))
        for request, status in (("GET /cart", 200), ("POST /pay", 502 if back % 100 == 0 else 200)):
            lines.append(f'192.0.2.1 - - [{at}] "{request} HTTP/1.1" {status} 5 "-" "-"\n')
    (folder / "access.log").write_text("".join(lines), "utf-8")
    subprocess.run(
        [sys.executable, "-m", "tabiji", "ingest", "-C", str(folder)], check=True, capture_output=True
    )
    with served(folder) as site:
        yield site
    shutil.rmtree(folder)


@dataclass
class Guest:
    """Somebody with a browser of their own, who has only the link."""

    context: BrowserContext
    page: Page
    link: str
    faults: list[str]

    def tab(self, name: str) -> None:
        self.page.goto(f"{self.link}?tab={name}")


def workshop(site: Served, title: str = "What do our users come for?") -> str:
    """A new workshop; its link."""
    words = [sys.executable, "-m", "tabiji", "workshop", "open", title, "--address", site.address, "--json"]
    done = subprocess.run([*words, "-C", str(site.folder)], check=True, capture_output=True, text=True)
    link: str = json.loads(done.stdout)["link"]
    return link


def join(browser: Browser, link: str, name: str, role: str, look: tuple[str, str, int]) -> Guest:
    """Somebody opens the link and says who they are."""
    context = opened(browser, *look)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    page.goto(link)
    page.locator("#name").fill(name)
    page.locator("#role").select_option(role)
    page.locator("main button.main").click()
    expect(page.locator(".tabs")).to_be_visible()
    page.faults = faults  # type: ignore[attr-defined]
    return Guest(context, page, link, faults)


@pytest.mark.parametrize(
    "looks", [LOOKS[:3], (LOOKS[1], LOOKS[2], LOOKS[3])], ids=["mostly wide", "mostly Japanese"]
)
def test_a_workshop_with_three_people_at_once(
    shop: Served, browser: Browser, looks: tuple[tuple[str, str, int], ...], tmp_path: Path
) -> None:
    link = workshop(shop)
    aya = join(browser, link, "Aya", "design", looks[0])
    ben = join(browser, link, "Ben", "sales", looks[1])
    chika = join(browser, link, "Chika", "engineering", looks[2])
    # the clock that one of them starts runs for all
    ben.page.locator(".clock-card form[action$=start] button").click()
    for one in (aya, ben, chika):
        expect(one.page.locator(".clock-card [role=timer]")).to_have_text(
            re.compile(r"^14:\d\d$"), timeout=SEEN_MS
        )
        expect(one.page.locator(".clock-card a")).to_have_count(
            0
        )  # they are where the first point takes place
        one.tab("board")
    # what one adds, the others see without asking; what they are typing stays
    ben.page.locator("#new-journey").fill("half a thou")
    aya.page.locator("#new-journey").fill("Pay by card")
    aya.page.keyboard.press("Enter")
    for one in (aya, ben, chika):
        expect(one.page.locator("article h2")).to_have_text(["Pay by card"], timeout=SEEN_MS)
    expect(ben.page.locator("#new-journey")).to_have_value("half a thou")
    expect(aya.page.locator("#new-journey")).to_be_focused()
    card = ben.page.locator("article").get_attribute("id") or ""
    number = card.removeprefix("card-")
    ben.page.locator("#new-journey").fill("Find a book")
    ben.page.keyboard.press("Enter")
    chika.page.locator(f"#step-{number}").fill("Send the card")
    chika.page.keyboard.press("Enter")
    for one in (aya, ben, chika):
        expect(one.page.locator("article h2")).to_have_text(["Pay by card", "Find a book"], timeout=SEEN_MS)
        expect(one.page.locator(".steps b")).to_have_text(["Send the card"], timeout=SEEN_MS)
    # two reword the same card at once: both are told, nothing is lost
    for one, words in ((aya, "Pay quickly"), (ben, "Pay the bill")):
        one.page.locator(f"#change-{number}").click()
        expect(one.page.locator(f"#reword-{number}")).to_be_focused(timeout=SEEN_MS)
        one.page.locator(f"#reword-{number}").fill(words)
    aya.page.locator(f"#reword-{number}").press("Enter")
    expect(chika.page.locator("article h2").first).to_have_text("Pay quickly", timeout=SEEN_MS)
    ben.page.locator(f"#reword-{number}").press("Enter")
    expect(ben.page.locator("#told [role=alert]")).to_contain_text("Pay the bill", timeout=SEEN_MS)
    for one in (aya, ben, chika):
        expect(one.page.locator(f"[data-part=head-{number}] .note")).to_contain_text(
            "Pay the bill", timeout=SEEN_MS
        )
        expect(one.page.locator(f"#title-{number}")).to_have_text("Pay quickly")
    aya.page.locator(f"#card-{number} form[action$=take] button").click()
    for one in (aya, ben, chika):
        expect(one.page.locator(f"#title-{number}")).to_have_text("Pay the bill", timeout=SEEN_MS)
        expect(one.page.locator(f"[data-part=head-{number}] .note")).to_have_count(0, timeout=SEEN_MS)
    # an idea below the step
    step = (chika.page.locator(".steps > li").get_attribute("id") or "").removeprefix("card-")
    chika.page.locator(f"details[data-fold=idea-{step}] > summary").click()
    chika.page.locator(f"#idea-{step}").fill("The receipt arrives")
    chika.page.locator(f"#idea-{step}").press("Enter")
    expect(aya.page.locator(".idea")).to_contain_text("The receipt arrives", timeout=SEEN_MS)
    # everybody votes; the order follows, and people may decide otherwise
    other = (aya.page.locator("article").nth(1).get_attribute("id") or "").removeprefix("card-")
    for one, votes in ((aya, (3, 1)), (ben, (2, 1)), (chika, (1, 2))):
        one.tab("votes")
        for journey, vote in zip((number, other), votes, strict=True):
            one.page.locator(f"#card-{journey} input[name=without][value='{vote}']").check()
            expect(one.page.locator(f"#card-{journey} form .soft.small")).to_be_visible(timeout=SEEN_MS)
    chika.page.locator(f"#why-{number}").fill("Who can't pay writes to us")
    chika.page.locator(f"#why-{number}").press("Enter")
    expect(chika.page.locator(f"#why-{number}")).to_have_value("Who can't pay writes to us")
    for one in (aya, ben, chika):
        one.tab("order")
        expect(one.page.locator("[data-part=ranking] dl")).to_contain_text(
            "Chika: Who can't pay", timeout=SEEN_MS
        )
        expect(one.page.locator("tbody th")).to_have_text(["Pay the bill", "Find a book"])
    expect(aya.page.locator("tbody tr").first).to_contain_text("6.0")
    ben.page.locator(f"#place-{other}").fill("1")
    ben.page.locator(f"#place-{number}").fill("2")
    ben.page.locator("#order-why").fill("The contract says so")
    ben.page.locator("form[action$='/order'] button").click()
    for one in (aya, ben, chika):
        expect(one.page.locator("tbody th")).to_have_text(["Find a book", "Pay the bill"], timeout=SEEN_MS)
        expect(one.page.locator("[data-part=ranking]")).to_contain_text("The contract says so")
    # what measures a step comes from the logs
    for one in (aya, chika):
        one.tab("measuring")
        assert sorted(one.page.locator("#unused code").all_inner_texts()) == ["GET /cart", "POST /pay"]
    chika.page.locator(f"#pick-{step}").fill("web POST /pay")
    chika.page.locator("form[action$='/measure'] button").first.click()
    expect(aya.page.locator(f"#card-{step} code")).to_have_text("POST /pay", timeout=SEEN_MS)
    expect(aya.page.locator("#unused code")).to_have_text(["GET /cart"], timeout=SEEN_MS)
    # the result is what `check` accepts
    aya.tab("result")
    expect(aya.page.locator("pre")).to_contain_text("operation = 'POST /pay'")
    with aya.page.expect_download() as downloaded:
        aya.page.locator("a[href$='.zip']").click()
    with zipfile.ZipFile(downloaded.value.path()) as packed:
        packed.extractall(tmp_path)
    (tmp_path / "tabiji.yaml").write_text(SITE, "utf-8")
    (journey,) = definitions.load(tmp_path, {}).journeys
    assert (journey.title.en, [one.title.en for one in journey.steps]) == ("Pay the bill", ["Send the card"])
    for one in (aya, ben, chika):
        assert one.faults == []
        one.context.close()


@pytest.fixture(scope="module")
def held(shop: Served) -> tuple[str, str]:
    """A workshop with something on its board; its link, and the cookie of one who takes part."""
    link = workshop(shop)
    with httpx2.Client() as client:
        client.post(f"{link}/join", data={"name": "Dai", "role": "support"})
        for kind, text, under in (("journey", "Pay by card", ""), ("journey", "W" * 200, "")):
            client.post(f"{link}/add", data={"kind": kind, "text": text, "under": under})
        found = client.get(f"{link}?tab=board").text
        first = re.findall(r'id="card-(\d+)"', found)[0]
        client.post(f"{link}/add", data={"kind": "step", "text": "Send the card", "under": first})
        client.post(f"{link}/add", data={"kind": "idea", "text": "It arrives", "under": first})
        client.post(f"{link}/vote", data={"card": first, "without": "3"})
        client.post(f"{link}/order", data={"why": "x"})
        step = re.findall(r'class="step" id="card-(\d+)"', client.get(f"{link}?tab=board").text)[0]
        client.post(f"{link}/measure", data={"card": step, "pick": "web POST /pay", "tab": "measuring"})
        ((name, value),) = client.cookies.items()
    return link, f"{name}={value}"


@pytest.mark.parametrize("tab", ["about", "board", "votes", "measuring", "order", "result"])
def test_every_part_as_people_meet_it(
    shop: Served, held: tuple[str, str], browser: Browser, tab: str
) -> None:
    link, cookie = held
    found = []
    for look in LOOKS:
        context = opened(browser, *look)
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": shop.address}])
        page = context.new_page()
        faults: list[str] = []
        page.on("console", lambda said, to=faults: to.append(said.text) if said.type == "error" else None)
        page.faults = faults  # type: ignore[attr-defined]
        page.goto(f"{link}?tab={tab}")
        for one in page.locator("details").all():
            one.evaluate("one => { one.open = true }")
        page.locator(".menu").evaluate("one => { one.open = false }")
        found += [f"{look}: {one}" for one in problems(page)]
        if tab == "board":  # with the forms of a card, of each kind
            for kind in ("article", ".steps > li", ".idea"):
                page.locator(f"{kind} a[data-change]").first.click()
                expect(page.locator(".changing input[name=text]")).to_be_focused()
                found += [f"{look}, {kind}: {one}" for one in problems(page)]
        context.close()
    assert found == []


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_entrance_and_the_pages_of_members(
    shop: Served, held: tuple[str, str], browser: Browser, look: tuple[str, str, int]
) -> None:
    number = held[0].rpartition("/")[2].partition("-")[0]
    for path in (held[0].removeprefix(shop.address), "/workshops", f"/workshops/{number}"):
        context = opened(browser, *look)
        page = shop.visit(context, path)
        assert list(problems(page)) == []
        context.close()


def test_without_scripts_all_of_it_works(shop: Served, browser: Browser) -> None:
    link = workshop(shop)
    context = opened(browser, "ja", "light", 390, scripts=False)
    page = context.new_page()
    page.goto(link)
    page.locator("#name").fill("彩")
    page.locator("#role").select_option("design")
    page.get_by_role("button", name="参加する").click()
    page.goto(f"{link}?tab=board")
    page.locator("#new-journey").fill("本を探す")
    page.get_by_role("button", name="ジャーニーを追加").click()
    expect(page.locator("article h2")).to_have_text("本を探す")
    page.goto(f"{link}?tab=votes")
    page.locator("input[name=without][value='2']").check()
    page.get_by_role("button", name="投票を保存").click()
    page.goto(f"{link}?tab=order")
    expect(page.locator("tbody tr")).to_contain_text("6.0")
    context.close()


def test_a_member_opens_one_and_ends_it(shop: Served, browser: Browser) -> None:
    context = opened(browser, "en", "light", 1280)
    page = shop.visit(context, "/workshops")
    page.get_by_label("What is it about?").fill("Bookings")
    page.get_by_role("button", name="Open the workshop").click()
    link = page.locator("pre").inner_text().strip()
    assert link.startswith(f"{shop.address}/workshop/")
    guest = join(browser, link, "Ben", "sales", LOOKS[0])
    page.get_by_role("button", name="End the workshop").click()
    expect(page.locator(".lead")).to_contain_text("Ended")
    assert httpx2.get(link).status_code == 404
    guest.page.goto(link)
    expect(guest.page.locator("main")).to_contain_text("leads to no workshop")
    guest.context.close()
    context.close()


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[2]], ids=["en", "ja, 390 px"])
def test_every_card_moves_by_the_keyboard_alone(
    shop: Served, browser: Browser, look: tuple[str, str, int]
) -> None:
    guest = join(browser, workshop(shop), "彩", "design", look)
    page = guest.page
    guest.tab("board")
    for text in ("A", "B", "C"):
        page.locator("#new-journey").fill(text)
        page.keyboard.press("Enter")
        expect(page.locator("article h2").last).to_have_text(text, timeout=SEEN_MS)
    first, second = [(one.get_attribute("id") or "")[5:] for one in page.locator("article").all()[:2]]
    page.locator(f"#step-{first}").fill("Send")
    page.keyboard.press("Enter")
    expect(page.locator(".steps b")).to_have_text("Send", timeout=SEEN_MS)
    page.locator(f"#change-{first}").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#reword-{first}")).to_be_focused(timeout=SEEN_MS)
    page.locator(f"#down-{first}").focus()
    for order in (["B", "A", "C"], ["B", "C", "A"]):
        page.keyboard.press("Enter")
        expect(page.locator("article h2")).to_have_text(order, timeout=SEEN_MS)
    # where it can go no further the focus stays at the card
    assert page.evaluate("document.activeElement.closest('article')?.id") == f"card-{first}"
    page.locator(f"#up-{first}").focus()
    page.keyboard.press("Enter")
    expect(page.locator("article h2")).to_have_text(["B", "A", "C"], timeout=SEEN_MS)
    expect(page.locator(f"#up-{first}")).to_be_focused()
    step = (page.locator(".steps > li").get_attribute("id") or "")[5:]
    page.locator(f"#change-{step}").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#reword-{step}")).to_be_focused(timeout=SEEN_MS)
    page.locator(f"#move-{step}").focus()
    page.keyboard.type("B")
    page.locator(f"#place-{step}").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#card-{second} .steps b")).to_have_text("Send", timeout=SEEN_MS)
    assert guest.faults == []
    guest.context.close()


def test_the_clock_leads_to_the_part_of_its_point_and_says_when_its_time_is_over(
    shop: Served, browser: Browser
) -> None:
    guest = join(browser, workshop(shop), "Ben", "sales", LOOKS[0])
    guest.page.clock.install()
    guest.tab("about")
    guest.page.locator(".agenda form").nth(3).locator("button").click()
    expect(guest.page.locator(".clock-card b")).to_contain_text("Votes", timeout=SEEN_MS)
    guest.page.locator(".clock-card a").click()
    expect(guest.page.locator(".tabs [aria-current]")).to_have_text("Votes")
    guest.page.clock.fast_forward(26 * 60 * 1000)
    expect(guest.page.locator(".clock-card [role=timer]")).to_have_text(re.compile(r"^−1:0\d$"))
    expect(guest.page.locator(".clock-card [data-over]")).to_have_text("over its time")
    guest.context.close()


def test_who_writes_when_it_ends_keeps_the_words_and_is_told(shop: Served, browser: Browser) -> None:
    link = workshop(shop)
    guest = join(browser, link, "Ben", "sales", LOOKS[0])
    guest.tab("board")
    guest.page.locator("#new-journey").fill("half a thought")
    number = link.rpartition("/")[2].partition("-")[0]
    words = [sys.executable, "-m", "tabiji", "workshop", "end", number, "-C", str(shop.folder)]
    subprocess.run(words, check=True, capture_output=True)
    expect(guest.page.locator("#told [role=alert]")).to_contain_text("it has ended", timeout=SEEN_MS)
    expect(guest.page.locator("#new-journey")).to_have_value("half a thought")
    expect(guest.page.get_by_role("button", name="Add the journey")).to_be_disabled()
    guest.context.close()


def test_who_writes_when_its_hours_are_over_keeps_the_words_and_is_told(
    shop: Served, browser: Browser
) -> None:
    number = int(workshop(shop).rpartition("/")[2].partition("-")[0])
    with store.open(definitions.load(shop.folder, {}).store) as kept:
        _, link = workshops.link_anew(kept, number, 1, int(time.time()) - 3600 + 20, "root")
    guest = join(browser, f"{shop.address}/workshop/{link}", "彩", "design", LOOKS[2])
    guest.tab("board")
    guest.page.locator("#new-journey").fill("途中の言葉")
    expect(guest.page.locator("#told [role=alert]")).to_contain_text("終了", timeout=20_000 + SEEN_MS)
    expect(guest.page.locator("#new-journey")).to_have_value("途中の言葉")
    guest.context.close()


def test_a_full_board_stays_small_enough_for_all_to_ask_often(shop: Served) -> None:
    link = workshop(shop)
    with httpx2.Client(timeout=30) as client:
        client.post(f"{link}/join", data={"name": "Dai", "role": "support"})
        under = ""
        for at in range(100):
            kind = "journey" if at % 5 == 0 else "step"
            client.post(f"{link}/add", data={"kind": kind, "text": f"{kind} {at}", "under": under})
            if kind == "journey":
                under = re.findall(r'<article[^>]* id="card-(\d+)"', client.get(f"{link}?tab=board").text)[-1]
        found = client.get(f"{link}?tab=board")
        assert len(re.findall(r"data-change=", found.text)) == 100
        assert len(found.content) < 100 * 3000
        opened_ = client.get(f"{link}?tab=board&card={under}")
        assert len(re.findall(r'name="into"', opened_.text)) == 1


def test_hostile_words_are_words(shop: Served, browser: Browser) -> None:
    link = workshop(shop, HOSTILE[:100])
    guest = join(browser, link, HOSTILE[:40], "other", LOOKS[0])
    guest.tab("board")
    guest.page.locator("#new-journey").fill(HOSTILE)
    guest.page.keyboard.press("Enter")
    expect(guest.page.locator("article h2")).to_have_text(HOSTILE, timeout=SEEN_MS)
    number = (guest.page.locator("article").get_attribute("id") or "").removeprefix("card-")
    guest.page.locator(f"#step-{number}").fill(HOSTILE)
    guest.page.keyboard.press("Enter")
    expect(guest.page.locator(".steps b")).to_have_text(HOSTILE, timeout=SEEN_MS)
    for tab in ("about", "votes", "measuring", "order", "result"):
        guest.tab(tab)
        assert guest.page.evaluate("window.hit") is None
    assert guest.faults == []
    guest.context.close()


def test_who_has_only_the_link_gets_nowhere_else(shop: Served) -> None:
    link, other = workshop(shop), workshop(shop)
    with httpx2.Client() as client:
        client.post(f"{link}/join", data={"name": "Eve", "role": "other"})
        assert client.get(f"{link}?tab=board").text.count("new-journey")
        refused = client.post(f"{other}/add", data={"kind": "journey", "text": "x"})
        assert refused.status_code == 422
        assert "x</h2>" not in refused.text
        number = other.rpartition("/")[2].partition("-")[0]
        for path in ("/", "/workshops", f"/workshops/{number}", "/explore", "/incidents"):
            assert client.get(shop.address + path, headers={"Accept": "text/html"}).status_code == 303
        foreign = client.post(
            f"{link}/add",
            data={"kind": "journey", "text": "x"},
            headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        )
        assert foreign.status_code == 403
        large = client.post(f"{link}/add", data={"kind": "journey", "text": "x" * 20_000})
        assert large.status_code == 413
        many = client.post(f"{link}/add", content="&".join(["a=1"] * 700))
        assert many.status_code == 413
        unknown = client.post(f"{link}/destroy", data={})
        assert unknown.status_code == 422


def test_a_zip_holds_the_files_where_they_belong(shop: Served, held: tuple[str, str]) -> None:
    answer = httpx2.get(f"{held[0]}/journeys.zip", headers={"Cookie": held[1]})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert packed.namelist() == ["journeys/pay-by-card.yaml"]
    assert httpx2.get(f"{held[0]}/journeys.zip").status_code == 404
