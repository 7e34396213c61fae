"""The HTML report in Chromium: what a person can do with it, and what the page cannot."""

import pytest

from shopsec.report.html import render
from tests.report.chromium import Chromium
from tests.report.reports import HOSTILE, full, large

pytestmark = pytest.mark.real

SHOWN = "[...document.querySelectorAll('#list > li')].map((each) => each.id)"
COUNT = "document.querySelector('#count').textContent"
# From the key to the frame that shows what it did.
PAINTED = """(async () => {
  const start = performance.now();
  const field = document.querySelector('#f-text');
  field.value = 'package-4711 ';
  field.dispatchEvent(new Event('input', {bubbles: true}));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return [performance.now() - start, document.querySelector('#count').textContent];
})()"""
# https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio, of each text against the colour behind it.
CONTRASTS = """(() => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => parts(color).slice(0, 3).map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const color = getComputedStyle(node).backgroundColor;
      if ((parts(color)[3] ?? 1) === 1) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const low = new Set();
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some((each) => each.nodeType === 3 && each.data.trim());
    if (!own || node.matches('script, title, noscript, option')) continue;
    const [a, b] = [light(getComputedStyle(node).color), light(behind(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) low.add(`${node.tagName}.${node.className}: ${node.textContent}`);
  }
  return [...low];
})()"""


@pytest.fixture(scope="module")
def chromium():
    browser = Chromium()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Files of pages by name."""
    folder = tmp_path_factory.mktemp("pages")
    made = {"full": full(), "hostile": full(" ".join(HOSTILE)), "large": large(5000)}
    made |= {f"hostile{number}": full(text) for number, text in enumerate(HOSTILE)}
    files = {name: folder / f"{name}.html" for name in made}
    for name, report in made.items():
        files[name].write_text(render(report), encoding="utf-8")
    return files


@pytest.fixture
def quiet(chromium):
    """After the test: an empty console, the policy kept, and no request but for the page."""
    yield
    seen = chromium.seen()
    assert seen["console"] == []
    assert [each for each in seen["requests"] if not each.startswith("file:")] == []
    assert len(seen["requests"]) == 1


@pytest.fixture
def page(chromium, pages, quiet):
    chromium.open(pages["full"])
    return chromium


def test_each_filter_narrows_the_list(page):
    everything = page.evaluate(SHOWN)
    assert page.evaluate(COUNT) == "5 results"
    for label, choice, numbers in (
        ("Tier", "watch", [4]),
        ("Area", "access", [1, 2]),
        ("Scanner", "bandit", [3]),
        ("State", "new", [0]),
        ("Suppressed", "suppressed", [2]),
        ("Suppressed", "not suppressed", [0, 1, 3, 4]),
    ):
        page.choose(label, choice)
        assert page.evaluate(SHOWN) == [everything[number] for number in numbers], label
        page.choose(label, "all")
    page.fill("Path", "PLAIN.py")
    assert page.evaluate(SHOWN) == everything[:1]
    assert page.evaluate(COUNT) == "1 of 5 results"
    page.fill("Path", "")
    page.fill("Text", "ghsa-j7hp  pillow")
    assert page.evaluate(SHOWN) == everything[:1]
    page.fill("Text", "no such thing")
    assert page.evaluate(COUNT) == "0 of 5 results"
    page.click("button", "Clear filters")
    page.evaluate("new Promise((done) => setTimeout(done, 20))")
    assert page.evaluate(SHOWN) == everything
    assert page.evaluate("document.querySelector('#count').getAttribute('aria-live')") == "polite"


def test_all_unfold_and_fold(page):
    opened = "document.querySelectorAll('#list details[open]').length"
    page.click("#unfold")
    assert page.evaluate(opened) == 5
    page.click("#fold")
    assert page.evaluate(opened) == 0


def test_the_script_makes_the_same_elements_as_the_page_has(chromium, pages, quiet):
    chromium.open(pages["hostile"])
    written = chromium.evaluate("document.querySelector('#list').innerHTML")
    without = (pages["full"].parent / "emptied.html").resolve()
    text = pages["hostile"].read_text(encoding="utf-8")
    before, _, rest = text.partition('<ol id="list" class="results" aria-label="Results">')
    inside, _, after = rest.partition('</ol><p id="below"')
    assert inside
    emptied = (
        f'{before}<ol id="list" class="results" aria-label="Results"></ol><p id="below"{after}'
    )
    without.write_text(emptied, encoding="utf-8")
    chromium.open(without)
    chromium.click("#unfold")
    chromium.click("#fold")
    assert chromium.evaluate("document.querySelector('#list').innerHTML") == written


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_text_stays_text(chromium, pages, quiet, number):
    chromium.open(pages[f"hostile{number}"])
    chromium.click("#unfold")
    chromium.fill("Text", HOSTILE[number].strip().replace("\n", " "))
    chromium.fill("Text", "")
    assert chromium.evaluate("window.hit") is None
    assert chromium.evaluate("document.querySelectorAll('img, b b, main script').length") == 0


def test_the_policy_would_stop_what_got_in(chromium, pages):
    chromium.open(pages["full"])
    chromium.evaluate("""(() => {
      const script = document.createElement('script');
      try { script.textContent = 'window.hit = 1'; } catch {}
      document.body.append(script);
      const image = new Image();
      image.src = 'https://example.org/a.png';
      document.body.setAttribute('style', 'color: red');
    })()""")
    chromium.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert chromium.evaluate("window.hit") is None
    said = " ".join(chromium.seen()["console"])
    for directive in ("require-trusted-types-for", "img-src", "style-src"):
        assert directive in said


def test_the_keyboard_reaches_every_control_and_shows_where_it_is(page):
    reachable = page.evaluate("""[...document.querySelectorAll(
        'a[href], button, input, select, summary, [tabindex]')]
        .filter((each) => each.checkVisibility({contentVisibilityAuto: true})).length""")
    focused = set()
    for _ in range(reachable):
        page.press("Tab")
        name, outline = page.evaluate("""(() => {
          const all = [...document.querySelectorAll('*')];
          const style = getComputedStyle(document.activeElement);
          return [all.indexOf(document.activeElement), style.outlineStyle];
        })()""")
        focused.add(name)
        assert outline == "solid"
    assert len(focused) == reachable


def test_enter_unfolds_and_a_link_leads_to_its_result(page):
    page.evaluate("document.querySelector('.action details').open = true")
    page.evaluate("document.querySelectorAll('.action details a')[1].focus()")
    page.press("Enter")
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    focused = "document.activeElement.closest('li.result').id"
    assert page.evaluate(focused) == "r-0000000000000002"
    opened = "document.activeElement.parentElement.open"
    assert page.evaluate(opened) is True
    page.press("Enter")
    assert page.evaluate(opened) is False


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast(chromium, pages, quiet, scheme):
    chromium.open(pages["full"], colorScheme=scheme)
    chromium.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
    assert chromium.evaluate(CONTRASTS) == []
    background = chromium.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(14, 19, 26)") == (scheme == "dark")


@pytest.mark.parametrize("name", ["full", "hostile"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_wider_than_the_window(chromium, pages, quiet, name, width):
    chromium.open(pages[name], viewport={"width": width, "height": 800})
    chromium.click("#unfold")
    assert chromium.evaluate("document.documentElement.scrollWidth") == width


def test_it_can_be_read_without_javascript(chromium, pages, quiet):
    chromium.open(pages["large"], javaScriptEnabled=False)
    assert chromium.evaluate("document.querySelectorAll('#list > li').length") == 200
    assert chromium.evaluate("document.querySelector('#filters').checkVisibility()") is False
    assert "need JavaScript" in chromium.evaluate("document.querySelector('main').innerText")
    chromium.click("#list summary")
    assert "What to do" in chromium.evaluate("document.querySelector('#list details').innerText")


def test_on_paper_there_are_no_controls_and_no_dark_page(chromium, pages, quiet):
    chromium.open(pages["full"], colorScheme="dark")
    chromium.media(media="print")
    visible = (
        "[...document.querySelectorAll('nav, form, button')].filter((e) => e.checkVisibility())"
    )
    assert chromium.evaluate(f"{visible}.length") == 0
    background = chromium.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(255, 255, 255)"


def test_five_thousand_results_answer_within_a_second(chromium, pages, quiet):
    chromium.open(pages["large"])
    assert chromium.evaluate(COUNT) == "5000 results, the first 200 shown"
    milliseconds, count = chromium.evaluate(PAINTED)
    assert count == "1 of 5000 results"
    assert milliseconds < 1000


def test_more_are_shown_when_asked_and_a_link_finds_what_is_not_shown(chromium, pages, quiet):
    chromium.open(pages["large"])
    chromium.click("#more")
    assert len(chromium.evaluate(SHOWN)) == 400
    assert chromium.evaluate("document.activeElement.closest('li').id") == f"r-{200:016x}"
    chromium.fill("Path", "nowhere")
    chromium.click(".action summary")
    chromium.click(".action details a")
    chromium.evaluate("new Promise((done) => setTimeout(done, 100))")
    assert chromium.evaluate("document.activeElement.closest('li').id") == f"r-{4999:016x}"
    assert chromium.evaluate(COUNT) == "1 of 5000 results"
    facts = "document.activeElement.parentElement.querySelector('dl').innerText"
    assert "What to do" in chromium.evaluate(facts)
