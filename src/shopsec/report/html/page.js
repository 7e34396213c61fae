"use strict";
// Filters the results and makes the elements of those that are not in the page. Text of the
// repository only ever becomes a text node; the page's policy (trusted types) forbids the rest.
(() => {
  const STEP = 200;
  const byId = (id) => document.getElementById(id);
  const list = byId("list");
  if (!list) return;

  const data = JSON.parse(byId("data").textContent);
  const made = [...list.children];
  const results = data.results.map(
    ([id, tier, priority, title, place, rule, scanner, area, state, suppressed, facts], index) => ({
      id, tier, priority, title, place, rule, scanner, area, state, facts,
      suppressed: String(suppressed), path: place.toLowerCase(), node: made[index], text: null,
    }),
  );
  const form = byId("filters");
  let limit = STEP;

  // --- the same elements as results.py makes ---

  function element(name, attributes, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }

  const kinds = {
    text: (value) => value,
    mono: (value) => element("code", {}, value),
    link: (value) => element("a", { href: value, rel: "noreferrer" }, value),
    list: (values) => element("ul", {}, ...values.map((value) => element("li", {}, value))),
    sum: (values) => element("ul", { class: "sum" }, ...values.map(addend)),
    code: ([start, first, last, lines]) =>
      element(
        "ol",
        { class: "code", tabindex: "0", "aria-label": "Lines of the file" },
        ...lines.map((line, index) => codeLine(start + index, first, last, line)),
      ),
  };

  function addend([text, points], index, all) {
    const sign = index === all.length - 1 ? "= " : points < 0 ? "" : "+";
    return element("li", {}, text, element("b", {}, sign + points));
  }

  function codeLine(number, first, last, line) {
    return element(
      "li",
      first <= number && number <= last ? { class: "marked" } : {},
      element("span", { class: "number" }, String(number)),
      element("code", {}, line),
    );
  }

  function factAt(number) {
    const [form, value] = data.facts[number];
    const [label, kind] = data.forms[form];
    return { label, kind, value };
  }

  function factsOf(result) {
    const facts = result.facts.map((number) => {
      const { label, kind, value } = factAt(number);
      return element("div", {}, element("dt", {}, label), element("dd", {}, kinds[kind](value)));
    });
    return element("dl", { class: "facts" }, ...facts);
  }

  function summaryOf(result) {
    const tier = result.tier.replace("-", " ");
    const suppressed = result.suppressed === "1";
    const about = [result.rule, result.scanner];
    if (result.area !== result.scanner) about.push(result.area);
    if (result.state) about.push(result.state);
    if (suppressed) about.push(`would be ${tier}`);
    return element(
      "summary",
      {},
      element("span", { class: "tier" }, suppressed ? "suppressed" : tier),
      element(
        "span",
        { class: "points" },
        element("span", { class: "unseen" }, "priority "),
        String(result.priority),
      ),
      element("span", { class: "title" }, result.title),
      element("span", { class: "place" }, result.place),
      element("span", { class: "about" }, ...about.map((each) => element("span", {}, each))),
    );
  }

  function nodeOf(result) {
    if (!result.node) {
      const details = element("details", {}, summaryOf(result));
      details.addEventListener("toggle", () => fill(result), { once: true });
      const kind = result.suppressed === "1" ? "suppressed" : result.tier;
      result.node = element("li", { id: result.id, class: `result ${kind}` }, details);
    }
    return result.node;
  }

  // What is inside is made when it is first unfolded.
  function fill(result) {
    const details = nodeOf(result).firstElementChild;
    if (!details.querySelector("dl")) details.append(factsOf(result));
    return details;
  }

  // --- filters ---

  function textOf(result) {
    if (result.text === null) {
      const facts = result.facts.map((number) => {
        const { label, value } = factAt(number);
        return `${label}\n${[value].flat(3).join("\n")}`;
      });
      const own = [result.id, result.title, result.place, result.rule, result.scanner, result.area];
      result.text = [...own, result.tier.replace("-", " "), ...facts].join("\n").toLowerCase();
    }
    return result.text;
  }

  function matching() {
    const wanted = Object.fromEntries(new FormData(form));
    const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
    const path = wanted.path.trim().toLowerCase();
    const exact = ["tier", "area", "scanner", "state", "suppressed"].filter((name) => wanted[name]);
    return results.filter(
      (result) =>
        exact.every((name) => result[name] === wanted[name]) &&
        result.path.includes(path) &&
        words.every((word) => textOf(result).includes(word)),
    );
  }

  const amount = (count) => `${count} ${count === 1 ? "result" : "results"}`;

  function show() {
    const found = matching();
    const shown = found.slice(0, limit);
    list.replaceChildren(...shown.map(nodeOf));
    const all = found.length === results.length;
    const cut = shown.length < found.length ? `, the first ${shown.length} shown` : "";
    byId("count").textContent =
      (all ? amount(found.length) : `${found.length} of ${amount(results.length)}`) + cut;
    byId("below").hidden = !cut;
    byId("more").textContent = `Show ${Math.min(STEP, found.length - shown.length)} more`;
  }

  function refilter() {
    limit = STEP;
    show();
  }

  form.addEventListener("input", refilter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(refilter));
  byId("more").addEventListener("click", () => {
    const next = list.children.length;
    limit += STEP;
    show();
    list.children[next]?.querySelector("summary").focus();
  });

  // --- folding, and links to a result that is not shown ---

  function fold(open) {
    const shown = new Set(list.children);
    for (const result of results) {
      if (result.node && shown.has(result.node)) (open ? fill(result) : details(result)).open = open;
    }
  }

  const details = (result) => result.node.firstElementChild;

  byId("unfold").addEventListener("click", () => fold(true));
  byId("fold").addEventListener("click", () => fold(false));

  // The fields say what is shown: nothing chosen, or the one result that is far down the list.
  function only(index) {
    for (const field of form.elements) if (field.name) field.value = "";
    if (index >= limit) form.elements.text.value = results[index].id;
    show();
  }

  function follow() {
    const index = results.findIndex((result) => `#${result.id}` === location.hash);
    if (index < 0) return;
    if (!list.contains(nodeOf(results[index]))) only(index);
    const target = fill(results[index]);
    target.open = true;
    target.scrollIntoView({ block: "center" });
    target.querySelector("summary").focus();
  }

  addEventListener("hashchange", follow);
  form.hidden = false;
  byId("folding").hidden = false;
  show();
  follow();
})();
