"use strict";
// Ties the scatter, the tables and the map together. Text from data is only ever set as textContent.

(function sweep() {
  const data = JSON.parse(document.getElementById("sweep-data").textContent);
  const find = (id) => document.getElementById(id);
  const fill = (text, fields = {}) => text.replace(/\{(\w+)\}/g, (_, key) => fields[key]);
  const t = (key, fields) => fill(data.texts[key], fields);
  const whole = (value) => (Math.round(value) || 0).toLocaleString(data.lang); // no -0
  const number = (value) => {
    if (value === null || value === undefined) return "–";
    return value > 0 && value < 0.5 ? t("sweep.less_than_one") : whole(value);
  };
  const minutes = (value) => {
    if (value === null) return "–";
    if (value > 0 && Math.round(value) <= 1) return value < 0.5 ? t("sweep.under_a_minute") : t("sweep.minute");
    return t("sweep.minutes", { n: whole(value) });
  };
  // 'at least', as impact/outputs/text/rounding.py
  const down = (value) => (value === null ? null : Math.floor(value + 1e-9));
  const short = (value) => {
    if (Math.abs(value) >= 1e6) return (value / 1e6).toLocaleString(data.lang, { maximumFractionDigits: 1 }) + t("sweep.millions");
    return whole(value);
  };
  const isMinutes = (name) => /extra/.test(name);
  const chart = sweepChart(find("chart"), { number: whole, short });
  const drawMap = sweepMap(find("map"), data);
  const shorter = data.bands.find((band) => band.key === "band_shorter").fill;
  let printing = false;
  let asked = data.interventions[0];
  let chosen = null; // a row of the candidates, or "reference 0"
  let order = [];

  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  const names = (places) => (places.length
    ? places.map((each) => data.locations[each][0]).join("; ")
    : t("sweep.nobody"));

  // the row of a candidate or a reference, in one form
  function choice(key) {
    if (typeof key === "string") {
      const row = asked.references[Number(key.split(" ")[1])];
      return {
        ...row, stops: row.stops, title: row.kind === "baseline" ? t("sweep.baseline") : row.name,
        hit: asked.hit["scenario " + row.name] || [], figure: (name) => row.figures[name], worstName: row.worst,
        travel: asked.travel ? asked.travel.references.map((each) => each[Number(key.split(" ")[1])]) : [],
      };
    }
    return {
      kind: "candidate", name: "", stops: asked.stops[key], opens: asked.opens ? asked.opens[key] : [], moves: {},
      title: t("sweep.candidate", { number: whole(key + 1), total: whole(asked.stops.length) }),
      hit: asked.hit[String(key)] || [], figure: (name) => asked.figures[name][key],
      worstName: asked.worstNames[asked.worst[key]],
      travel: asked.travel ? asked.travel.candidates.map((each) => each[key]) : [],
    };
  }

  // nobody is moved: nobody travels longer
  function coordinate(name, key) {
    const row = choice(key);
    const value = row.figure(name);
    return value === null && isMinutes(name) && row.figure("moved") === 0 ? 0 : value;
  }

  function column(name) {
    const values = asked.figures[name];
    if (!isMinutes(name)) return values;
    return values.map((value, row) => (value === null && asked.figures.moved[row] === 0 ? 0 : value));
  }

  const axes = () => [find("axis-x").value, find("axis-y").value];

  function drawChart() {
    const [nameX, nameY] = axes();
    const marks = asked.references.map((row, place) => ({
      kind: row.kind, key: "reference " + place, x: coordinate(nameX, "reference " + place), y: coordinate(nameY, "reference " + place),
    }));
    for (const row of Object.keys(asked.rules)) {
      marks.push({ kind: "rule", key: Number(row), x: coordinate(nameX, Number(row)), y: coordinate(nameY, Number(row)) });
    }
    let band = null;
    if (data.published && nameX === "mean_extra_moved") band = { axis: "x", ...data.published };
    else if (data.published && nameY === "mean_extra_moved") band = { axis: "y", ...data.published };
    const label = (name) => find("axis-x").querySelector(`option[value=${name}]`).textContent;
    chart.draw({
      x: column(nameX), y: column(nameY), labelX: label(nameX), labelY: label(nameY), marks, front: asked.front, band,
      chosen: chosen === null ? null : { x: coordinate(nameX, chosen), y: coordinate(nameY, chosen) },
    });
    const values = column(nameX);
    const other = column(nameY);
    order = values.map((_, row) => row).filter((row) => values[row] !== null && other[row] !== null)
      .sort((a, b) => values[a] - values[b] || other[a] - other[b] || a - b);
  }

  function describe(row) {
    const box = find("chosen");
    box.replaceChildren();
    const list = element("dl");
    const pair = (term, text, className) => {
      const line = element("div");
      line.append(element("dt", term), element("dd", text, className));
      list.append(line);
    };
    const stays = asked.providers.filter((each) => !row.stops.includes(each));
    pair(t("sweep.stops"), names(row.stops), "stops");
    if (row.opens.length) pair(t("sweep.opens"), names(row.opens), "opens");
    pair(t("sweep.stays"), names(stays));
    const unit = asked.unit;
    pair(t("sweep.moved"), `${number(row.figure("moved"))} ${unit}`);
    pair(t("sweep.mean_moved"), row.figure("mean_extra_moved") === null ? "–"
      : t("sweep.mean_value", { mean: minutes(row.figure("mean_extra_moved")), tenth: minutes(down(row.figure("p90_extra"))), most: minutes(row.figure("max_extra")) }));
    pair(t("sweep.mean_all"), minutes(row.figure("mean_extra_all")));
    row.travel.forEach((mean, place) => pair(t("sweep.published_mean", { network: asked.travel.networks[place] }), minutes(mean)));
    pair(t("sweep.beyond"), t("sweep.beyond_value", {
      thirty: number(row.figure("beyond_30_after")), fortyfive: number(row.figure("beyond_45_after")), sixty: number(row.figure("beyond_60_after")), unit,
    }));
    if (row.figure("unreachable") > 0) pair(t("sweep.unreachable"), `${number(row.figure("unreachable"))} ${unit}`);
    pair(t("sweep.locations"), number(row.figure("locations_after")));
    if (row.figure("lowest_volume") !== null) pair(t("sweep.lowest"), number(row.figure("lowest_volume")));
    if (row.figure("below_norm") !== null) pair(t("sweep.below"), number(row.figure("below_norm")));
    if (row.hit.length) {
      pair(t("sweep.hit"), row.hit.map(([place, mean, moved]) => t("sweep.hit_value", { place, mean: minutes(mean), moved: number(moved) })).join("; "));
    } else if (row.worstName) {
      pair(t("sweep.hit"), t("sweep.hit_short", { place: row.worstName, mean: minutes(row.figure("worst_municipality_extra")) }));
    }
    if (row.recipients === "named") pair(t("sweep.recipients"), t("sweep.recipients_named"));
    box.append(list);
  }

  function showMap(row) {
    find("bands").replaceChildren();
    const stops = new Set(row.stops);
    const all = stops.size === asked.providers.length;
    find("filled").hidden = !(asked.catchment && asked.catchment.filled);
    const counts = drawMap(asked, { stops, opens: row.opens, moves: row.moves || {}, all }, printing);
    for (const band of data.bands) {
      if (!counts[band.key] && !/^band_\d/.test(band.key)) continue;
      const line = element("li");
      const patch = Object.assign(element("canvas", "", "patch"), { width: 18, height: 14 });
      const pen = patch.getContext("2d");
      const key = printing && band.key === "band_nobody" ? "nobody" : band.key;
      pen.fillStyle = impactFills(pen, shorter)[key] || band.fill;
      pen.fillRect(0, 0, patch.width, patch.height);
      line.append(patch, band.text);
      find("bands").append(line);
    }
    const roles = [["✕", "stops", row.stops], ["●", "", asked.providers], ["▲", "opens", row.opens]];
    const texts_ = [t("sweep.stops"), t("sweep.stays"), t("sweep.opens")];
    roles.forEach(([sign, className, places], role) => {
      if (!places.length) return;
      const line = element("li");
      line.append(element("span", sign + " ", className), texts_[role]);
      find("bands").append(line);
    });
  }

  function choose(key) {
    chosen = key;
    const row = choice(key);
    find("h-chosen").textContent = row.recipients === "nearest" && row.kind === "scenario"
      && asked.references.some((each) => each.name === row.name && each.recipients === "named")
      ? t("sweep.instead", { name: row.title }) : row.title;
    describe(row);
    drawChart();
    showMap(row);
    for (const line of document.querySelectorAll("tr[data-key]")) {
      line.classList.toggle("now", line.dataset.key === String(key));
    }
  }

  const columns = () => [
    ["mean_extra_moved", t("sweep.c_mean")], ["p90_extra", t("sweep.c_p90")], ["beyond_45_after", t("sweep.c_beyond", { unit: asked.unit })],
    ["mean_extra_all", t("sweep.c_all")], ["locations_after", t("sweep.c_locations")], ["lowest_volume", t("sweep.c_lowest")],
  ].filter(([name]) => name !== "lowest_volume" || asked.figures.lowest_volume.some((value) => value !== null));

  function table(id, rows) {
    const head = element("tr");
    head.append(element("th", t("sweep.c_what")), ...columns().map(([, text]) => element("th", text, "n")));
    head.querySelectorAll("th").forEach((each) => each.setAttribute("scope", "col"));
    const body = element("tbody");
    for (const [key, text, about] of rows) {
      const line = element("tr");
      line.dataset.key = String(key);
      const first = element("th");
      first.setAttribute("scope", "row");
      const pick = element("button", text, "pick");
      pick.type = "button";
      pick.addEventListener("click", () => { choose(key); find("h-chosen").scrollIntoView({ block: "nearest" }); });
      first.append(pick);
      for (const text_ of about) if (text_) first.append(element("div", text_, "soft"));
      line.append(first);
      const row = choice(key);
      for (const [name, label] of columns()) {
        const value = row.figure(name);
        const cell = element("td", name === "p90_extra" ? minutes(down(value)) : isMinutes(name) ? minutes(value) : number(value), "n");
        cell.dataset.label = label;
        line.append(cell);
      }
      body.append(line);
    }
    const top = element("thead");
    top.append(head);
    find(id).replaceChildren(top, body);
    // on a phone the rows are stacked, and browsers then forget that this is a table
    const roles = { table: find(id), rowgroup: [top, body], row: find(id).querySelectorAll("tr"), cell: find(id).querySelectorAll("td"), columnheader: top.querySelectorAll("th"), rowheader: body.querySelectorAll("th") };
    for (const [role, found] of Object.entries(roles)) for (const each of [found].flat().flatMap((some) => (some instanceof NodeList ? [...some] : [some]))) each.setAttribute("role", role);
  }

  function stopsText(row) {
    const all = asked.opens && asked.opens[row].length ? `${t("sweep.opens")}: ${names(asked.opens[row])}` : "";
    const stop = t("sweep.stopping", { names: names(asked.stops[row]) });
    return all ? `${stop}. ${all}` : stop;
  }

  function beside() {
    const rows = new Map();
    const add = (key, text, about) => {
      if (rows.has(key)) rows.get(key)[2].push(about); else rows.set(key, [key, text, [about]]);
    };
    const ruleName = (rule) => data.texts["sweep.rule_" + rule] || rule;
    asked.references.forEach((row, place) => {
      const key = "reference " + place;
      if (row.kind === "baseline") { add(key, t("sweep.baseline"), ""); return; }
      add(key, row.name, t(row.recipients === "named" ? "sweep.recipients_are_named" : "sweep.recipients_are_nearest"));
      add(key, row.name, t(row.beaten === 1 ? "sweep.beaten_one" : "sweep.beaten", { count: whole(row.beaten) }));
    });
    for (const row of Object.keys(asked.rules)) {
      for (const rule of asked.rules[row].split("; ")) add(Number(row), stopsText(Number(row)), ruleName(rule));
    }
    for (const [kind, name, row] of asked.exchanges) {
      const of = name === "baseline" ? t("sweep.baseline") : name.split("; ").map(ruleName).join("; ");
      add(row, stopsText(row), t({ S1: "sweep.s1", S2: "sweep.s2", S3: "sweep.s3" }[kind], { name: of }));
    }
    table("beside", [...rows.values()].map(([key, text, about]) => [key, text, [...new Set(about)]]));
  }

  function legend() {
    const kinds = [["candidate", t("sweep.key_candidate")], ["front", t("sweep.key_front")], ["chosen", t("sweep.key_chosen")], ["baseline", t("sweep.key_baseline")]];
    if (asked.references.some((row) => row.kind === "scenario")) kinds.push(["scenario", t("sweep.key_scenario")]);
    if (Object.keys(asked.rules).length) kinds.push(["rule", t("sweep.key_rule")]);
    if (data.published) kinds.push(["published", t("sweep.key_published", data.published)]);
    find("key").replaceChildren(...kinds.map(([kind, text]) => {
      const line = element("li");
      line.append(chart.icon(kind), text);
      return line;
    }));
  }

  function show(place) {
    asked = data.interventions[place];
    const some = asked.stops.length < asked.total;
    find("plain").textContent = asked.plain;
    find("finding").textContent = asked.finding;
    find("count").textContent = t(some ? "sweep.count_some" : "sweep.count", { total: whole(asked.total), shown: whole(asked.stops.length), unit: asked.unit });
    legend();
    beside();
    const [nameX] = axes();
    const values = column(nameX);
    const best = [...asked.front].sort((a, b) => values[a] - values[b] || a - b);
    table("front", best.map((row) => [row, stopsText(row), []]));
    const scenario = asked.references.findIndex((row) => row.kind === "scenario");
    const rule = Object.keys(asked.rules)[0];
    choose(scenario >= 0 ? "reference " + scenario : rule !== undefined ? Number(rule) : best[0] ?? 0);
  }

  find("intervention").addEventListener("change", (event) => show(Number(event.target.value)));
  for (const id of ["axis-x", "axis-y"]) find(id).addEventListener("change", drawChart);
  find("chart").addEventListener("click", (event) => {
    const key = chart.nearest(event);
    if (key !== null) choose(key);
  });
  find("chart").addEventListener("keydown", (event) => {
    const at = order.indexOf(chosen);
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageDown: 100, PageUp: -100 }[event.key];
    let next = null;
    if (step) next = at < 0 ? 0 : Math.min(order.length - 1, Math.max(0, at + step));
    if (event.key === "Home") next = 0;
    if (event.key === "End") next = order.length - 1;
    if (next === null || !order.length) return;
    event.preventDefault();
    choose(order[next]);
  });
  let waiting = 0;
  const redraw = () => { drawChart(); showMap(choice(chosen)); };
  window.addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(redraw);
  });
  for (const [event, now] of [["beforeprint", true], ["afterprint", false]]) {
    window.addEventListener(event, () => {
      printing = now;
      redraw();
    });
  }
  const first = data.interventions.findIndex((each) => each.references.some((row) => row.kind === "scenario"));
  find("intervention").value = String(Math.max(0, first));
  show(Math.max(0, first));
}());
