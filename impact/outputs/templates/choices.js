"use strict";
// Ties the scatter, the table and the map of each treatment together. Text from data is only ever
// set as textContent.

(function choices() {
  const data = JSON.parse(document.getElementById("choices-data").textContent);
  const fill = (text, fields = {}) => text.replace(/\{(\w+)\}/g, (_, key) => fields[key]);
  const t = (key, fields) => fill(data.texts[key], fields);
  // a half to the even number, as Python; no -0
  const rounded = (value) => (Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value)) || 0;
  const whole = (value) => rounded(value).toLocaleString(data.lang).replace("-", "−");
  const number = (value) => {
    if (value === null || value === undefined) return "–";
    return value > 0 && value <= 0.5 ? t("choices.less_than_one") : whole(value);
  };
  // an estimate knows no units, as impact/outputs/text/people.py
  const amount = (value, estimated) => {
    if (!estimated || !value) return number(value);
    if (value < 10) return t("people.fewer", { count: "10" });
    const step = value < 1000 ? 10 : 100;
    return t("common.about", { value: whole(step * rounded(value / step)) });
  };
  const minutes = (value) => {
    if (value === null) return "–";
    if (value > 0 && rounded(value) <= 1) return value <= 0.5 ? t("choices.under_a_minute") : t("choices.minute");
    return t("choices.minutes", { n: whole(value) });
  };
  // 'at least', as impact/outputs/text/rounding.py
  const down = (value) => (value === null ? null : Math.floor(value + 1e-9));
  const short = (value) => {
    if (Math.abs(value) >= 1e6) return (value / 1e6).toLocaleString(data.lang, { maximumFractionDigits: 1 }) + t("choices.millions");
    return whole(value);
  };
  const isMinutes = (name) => /extra/.test(name) && !/over/.test(name);
  const drawMap = choicesMap(data);
  const shorter = data.bands.find((band) => band.key === "band_shorter").fill;
  let printing = false;

  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  const names = (places) => (places.length
    ? places.map((each) => data.locations[each][0]).join("; ")
    : t("choices.nobody"));

  // one treatment: its points, its map and its table
  function treatment(section, asked) {
    const part = (name) => section.querySelector("." + name);
    const chart = choicesChart(part("chart"), { number: whole, short });
    const axis = { x: part("axis-x"), y: part("axis-y") };
    let chosen = null; // a row of the choices, or "reference 0"
    let order = [];

    // the row of a choice or a reference, in one form
    function choice(key) {
      if (typeof key === "string") {
        const place = Number(key.split(" ")[1]);
        const row = asked.references[place];
        return {
          ...row, title: row.kind === "baseline" ? t("choices.baseline") : row.name,
          hit: asked.hit["scenario " + row.name] || [], figure: (name) => row.figures[name], worstName: row.worst,
          travel: asked.travel ? asked.travel.references.map((each) => each[place]) : [],
        };
      }
      const said = key === asked.least ? asked.bestText : key === asked.displayed ? t("choices.key_displayed") : "";
      const at = t("choices.candidate", { number: whole(key + 1), total: whole(asked.stops.length) });
      return {
        kind: "candidate", name: "", stops: asked.stops[key], opens: asked.opens ? asked.opens[key] : [], moves: {},
        title: said ? `${at}: ${said}` : at,
        hit: asked.hit[String(key)] || [], figure: (name) => asked.figures[name][key],
        worstName: asked.worstNames[asked.worst[key]], lowest: asked.lowest[key],
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

    function drawChart() {
      const [nameX, nameY] = [axis.x.value, axis.y.value];
      const mark = (kind, key, label) => ({ kind, key, label, x: coordinate(nameX, key), y: coordinate(nameY, key) });
      const marks = asked.rules.map((row) => mark("rule", row));
      asked.references.forEach((row, place) => {
        const label = row.kind === "baseline" ? t("choices.today") : "";
        marks.push(mark(row.kind, "reference " + place, label));
      });
      if (asked.displayed !== null) marks.push(mark("displayed", asked.displayed, t("choices.key_displayed")));
      if (asked.least !== null) marks.push(mark("least", asked.least, asked.bestLabel));
      let band = null;
      if (data.published && nameX === "mean_extra_moved") band = { axis: "x", ...data.published };
      else if (data.published && nameY === "mean_extra_moved") band = { axis: "y", ...data.published };
      const label = (name) => axis.x.querySelector(`option[value=${name}]`).textContent;
      const values = column(nameX);
      const other = column(nameY);
      chart.draw({
        x: values, y: other, labelX: label(nameX), labelY: label(nameY), marks, front: asked.front, band,
        chosen: chosen === null ? null : { x: coordinate(nameX, chosen), y: coordinate(nameY, chosen) },
      });
      order = values.map((_, row) => row).filter((row) => values[row] !== null && other[row] !== null)
        .sort((a, b) => values[a] - values[b] || other[a] - other[b] || a - b);
    }

    function describe(row) {
      const list = part("chosen");
      list.replaceChildren();
      const pair = (term, text, className) => {
        const line = element("div");
        line.append(element("dt", term), element("dd", text, className));
        list.append(line);
      };
      const stays = asked.providers.filter((each) => !row.stops.includes(each));
      pair(t("choices.stops"), names(row.stops), "stops");
      if (row.opens.length) pair(t("choices.opens"), names(row.opens), "opens");
      pair(t("choices.stays"), names(stays));
      if (row.recipients === "named") pair(t("choices.recipients"), t("choices.recipients_named"));
      const unit = asked.unit;
      const count = (value) => amount(value, asked.estimated);
      const people = (name) => `${count(row.figure(name))} ${unit}`;
      pair(t("choices.moved"), people("moved"));
      pair(t("choices.mean_moved"), row.figure("mean_extra_moved") === null ? "–"
        : t("choices.mean_value", { mean: minutes(row.figure("mean_extra_moved")), tenth: minutes(down(row.figure("p90_extra"))), most: minutes(row.figure("max_extra")) }));
      if (row.figure("extra_over_30") !== null) pair(t("choices.over"), people("extra_over_30"));
      pair(t("choices.mean_all"), minutes(row.figure("mean_extra_all")));
      row.travel.forEach((mean, place) => pair(t("choices.published_mean", { network: asked.travel.networks[place] }), minutes(mean)));
      pair(t("choices.beyond"), t("choices.beyond_value", {
        thirty: count(row.figure("beyond_30_after")), fortyfive: count(row.figure("beyond_45_after")), sixty: count(row.figure("beyond_60_after")), unit,
      }));
      if (row.figure("unreachable") > 0) pair(t("choices.unreachable"), people("unreachable"));
      pair(t("choices.locations"), number(row.figure("locations_after")));
      if (row.figure("lowest_volume") !== null) pair(t("choices.lowest"), row.lowest || number(row.figure("lowest_volume")));
      if (row.figure("below_norm") !== null) pair(t("choices.below"), number(row.figure("below_norm")));
      if (row.hit.length) {
        pair(t("choices.hit"), row.hit.map(([place, mean, moved]) => t("choices.hit_value", { place, mean: minutes(mean), moved: count(moved) })).join("; "));
      } else if (row.worstName) {
        pair(t("choices.hit"), t("choices.hit_short", { place: row.worstName, mean: minutes(row.figure("worst_municipality_extra")) }));
      }
    }

    function showMap(row) {
      const key = part("bands");
      key.replaceChildren();
      const stops = new Set(row.stops);
      const all = stops.size === asked.providers.length;
      part("filled").hidden = !(asked.catchment && asked.catchment.filled);
      const counts = drawMap(part("map"), asked, { stops, opens: row.opens, moves: row.moves || {}, all }, printing);
      for (const band of data.bands) {
        if (!counts[band.key] && !/^band_\d/.test(band.key)) continue;
        const line = element("li");
        const patch = Object.assign(element("canvas", "", "patch"), { width: 18, height: 14 });
        const pen = patch.getContext("2d");
        const fillOf = printing && band.key === "band_nobody" ? "nobody" : band.key;
        pen.fillStyle = impactFills(pen, shorter)[fillOf] || band.fill;
        pen.fillRect(0, 0, patch.width, patch.height);
        line.append(patch, band.text);
        key.append(line);
      }
      const stays = asked.providers.filter((each) => !stops.has(each));
      const roles = [["✕", "stops", row.stops], ["●", "stays", stays], ["▲", "opens", row.opens]];
      for (const [sign, role, places] of roles) {
        if (!places.length) continue;
        const line = element("li");
        line.append(element("span", sign + " ", role), t("choices." + role));
        key.append(line);
      }
      if (data.ringed.length) key.append(element("li", "○ " + t("map.ringed")));
    }

    function choose(key) {
      chosen = key;
      const row = choice(key);
      part("chosen-name").textContent = row.recipients === "nearest" && row.kind === "scenario"
        && asked.references.some((each) => each.name === row.name && each.recipients === "named")
        ? t("choices.instead", { name: row.title }) : row.title;
      describe(row);
      drawChart();
      showMap(row);
      for (const line of section.querySelectorAll("tr[data-key]")) {
        line.classList.toggle("now", line.dataset.key === String(key));
      }
    }

    function legend() {
      const kinds = [];
      if (asked.least !== null) kinds.push(["least", asked.bestText]);
      kinds.push(["candidate", t("choices.key_candidate")], ["front", t("choices.key_front")], ["chosen", t("choices.key_chosen")], ["baseline", t("choices.key_baseline")]);
      if (asked.references.some((row) => row.kind === "scenario")) kinds.push(["scenario", t("choices.key_scenario")]);
      if (asked.displayed !== null) kinds.push(["displayed", t("choices.key_displayed")]);
      if (asked.rules.length || asked.references.some((row) => row.kind === "rule")) kinds.push(["rule", t("choices.key_rule")]);
      if (data.published) kinds.push(["published", t("choices.key_published", data.published)]);
      part("signs").replaceChildren(...kinds.map(([kind, text]) => {
        const line = element("li");
        line.append(chart.icon(kind), text);
        return line;
      }));
    }

    for (const each of [axis.x, axis.y]) each.addEventListener("change", drawChart);
    part("chart").addEventListener("click", (event) => {
      const key = chart.nearest(event);
      if (key !== null) choose(key);
    });
    part("chart").addEventListener("keydown", (event) => {
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
    for (const line of section.querySelectorAll("tr[data-key]")) {
      const key = line.dataset.key;
      line.querySelector(".pick").addEventListener("click", () => {
        choose(/^\d+$/.test(key) ? Number(key) : key);
        part("chosen-name").scrollIntoView({ block: "nearest" });
      });
    }
    // the finding speaks of the least travel; without one there is a choice all the same
    const first = [asked.least, asked.displayed, asked.stops.length ? 0 : null, asked.references.length ? "reference 0" : null];
    legend();
    return {
      redraw() {
        if (chosen === null) chosen = first.find((key) => key !== null && key !== undefined) ?? null;
        if (chosen !== null) choose(chosen);
      },
    };
  }

  const sections = [...document.querySelectorAll(".treatment")];
  const made = new Map();
  const select = document.getElementById("treatment");

  function redraw() {
    sections.forEach((section, place) => {
      if (section.hidden || !data.interventions[place].references.length) return;
      if (!made.has(place)) made.set(place, treatment(section, data.interventions[place]));
      made.get(place).redraw();
    });
  }

  function show() {
    sections.forEach((section, place) => { section.hidden = select.value !== "every" && Number(select.value) !== place; });
    redraw();
  }

  select.addEventListener("change", show);
  let waiting = 0;
  window.addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(redraw);
  });
  for (const [event, now] of [["beforeprint", true], ["afterprint", false]]) {
    window.addEventListener(event, () => {
      printing = now;
      // browsers print a closed <details> closed; paper must show everything
      if (now) document.querySelectorAll("details").forEach((each) => { each.open = true; });
      redraw();
    });
  }
  select.form.hidden = false;
  show();
}());
