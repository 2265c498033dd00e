"use strict";
// Choosing, computing, showing. Text from data is only ever set as textContent.

const WORST = 10;
const MORE = 0.5;
const SIZES = [0.7, 1.5];
const BAR_MINUTES = 10;
const NO_ROUTE = 65535;

function impactExplorer() {
  const data = JSON.parse(document.getElementById("impact-data").textContent);
  const { texts } = data;
  const words = impactWords(texts, data.lang);
  const engine = impactEngine(data);
  const state = impactState(data);
  const charts = impactCharts(words, texts);
  const known = impactPlaces(data);
  const { find } = known;
  const placeCard = impactCard(data.cardTexts, data.lang);
  const element = impactElement;
  const by = (id) => document.getElementById(`explorer-${id}`);
  const nameOf = (at) => (at === NOWHERE ? texts.no_route : data.locations[at][0]);
  const namesOf = (set) => words.names([...set].sort((a, b) => a - b).map(nameOf));
  let choice = null;
  let result = null;
  let asked = "";
  let toldUnknown = [];
  let view = "";
  let bus = false; // which minutes are shown: by car, or by public transport

  // home and in the peak in hundredths of a minute; none where they were not computed
  const hundredths = (text) => {
    if (!text) return null;
    const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return (at, hospital) => {
      const value = hospital === NOWHERE ? NO_ROUTE : view.getUint16(2 * (at * data.locations.length + hospital), true);
      return value === NO_ROUTE ? Infinity : value / 100;
    };
  };
  const ways = { out: engine.minutesTo, back: hundredths(data.back), peak: hundredths(data.peak), bus: impactTransit(data.transit, data.locations.length) };

  const intervention = () => data.interventions[choice.intervention];
  const amount = (value) => words.amount(value, intervention().kind);
  // a registered volume is exact, whatever the demand is
  const added = (before, after) => {
    if (intervention().kind !== "modelled") return words.whole(words.differenceOf(before, after));
    return after < before ? `-${amount(before - after)}` : amount(after - before);
  };
  const noWay = () => (bus ? texts.no_connection : texts.no_route);
  const changed = () => choice.stops.size > 0 || choice.opens.size > 0;

  // ---- bands, as impact/outputs/bands.py and map_layers.py ----

  function bandOf(extra) {
    if (!(extra > -1e9 && extra < 1e9)) return "no_route";
    if (Math.abs(extra) < 0.005) return "band_0";
    if (extra < 0) return "band_shorter";
    return data.ends.find(([, high]) => high === null || extra <= high)[0];
  }

  function bandsOf({ before, after, extra, demand }) {
    return Array.from(after, (_, at) => {
      let band = "band_nobody";
      if (!Number.isFinite(after[at])) band = "no_route";
      else if (!Number.isNaN(extra[at])) band = bandOf(extra[at]);
      else if (demand[at] > 0 && Number.isFinite(before[at]) && bandOf(after[at] - before[at]) === "band_shorter") band = "band_shorter";
      return data.bands.indexOf(band);
    });
  }

  // ---- hospitals ----

  const performs = (at) => !choice.stops.has(at) && (intervention().providers.includes(at) || choice.opens.has(at));

  function roleOf(at) {
    if (choice.stops.has(at)) return "stops";
    if (choice.opens.has(at)) return "opens";
    return intervention().providers.includes(at) ? "stays" : "outside";
  }

  function sizesOf() {
    const volumes = (result.volumes || []).map(({ at, before, after }) => [at, choice.stops.has(at) ? before : after]);
    const most = Math.max(...volumes.map(([, volume]) => volume));
    if (!volumes.length || !(most > 0) || !volumes.every(([, volume]) => Number.isFinite(volume))) return new Map();
    return new Map(volumes.map(([at, volume]) => [at, Math.min(SIZES[1], Math.max(SIZES[0], SIZES[1] * Math.sqrt(volume / most)))]));
  }

  function hospitalsOf() {
    const sizes = sizesOf();
    const places = new Set([...intervention().providers, ...choice.opens, ...result.flows.outside]);
    return [...places].map((at) => {
      const role = roleOf(at);
      const more = ["stays", "outside"].includes(role)
        && (result.demand.after.get(at) || 0) > (result.demand.before.get(at) || 0) + MORE;
      const rank = role === "stops" ? 4 : role === "opens" || more ? 3 : role === "stays" ? 2 : 1;
      const says = texts[`role_${role}`] + (more ? `; ${texts.role_more}` : "");
      return { at, role, more, rank, says, size: sizes.get(at) || 1, performs: performs(at), fixed: role === "outside" };
    }).sort((a, b) => a.rank - b.rank);
  }

  function toggle(at) {
    const set = intervention().providers.includes(at) ? "stops" : "opens";
    const next = new Set(choice[set]);
    if (next.has(at)) next.delete(at); else next.add(at);
    // one agreement that no longer holds is dropped; the others stay
    choose(state.possible({ ...choice, [set]: next }));
  }

  function listHospitals() {
    const fillList = (list, places) => list.replaceChildren(...places.map((at) => {
      const made = element("button", "hospital", undefined, { type: "button", "data-at": at });
      made.addEventListener("click", () => toggle(at));
      made.append(element("span", "hospital-name", data.locations[at][0]), element("span", "hospital-says", "", { "aria-hidden": "true" }));
      const item = element("li");
      item.append(made);
      return item;
    }));
    const { providers } = intervention();
    const others = data.locations.map((_, at) => at).filter((at) => !providers.includes(at) && !intervention().outside.includes(at));
    fillList(by("providers"), providers);
    fillList(by("others"), others);
    by("others-box").hidden = others.length === 0;
  }

  function showHospitals() {
    if (choice.opens.size) by("others-box").open = true;
    for (const made of document.querySelectorAll(".hospital")) {
      const at = Number(made.dataset.at);
      const known = intervention().providers.includes(at);
      made.setAttribute("aria-pressed", String(performs(at)));
      made.dataset.role = known || choice.opens.has(at) ? roleOf(at) : "none";
      const demand = amount(result.demand.after.get(at) || 0);
      made.lastChild.textContent = performs(at) ? demand : known ? texts.role_stops : texts.does_not;
    }
  }

  // ---- presets ----

  function listPresets() {
    const mine = data.presets.map((preset, n) => [preset, n]).filter(([preset]) => preset.intervention === choice.intervention);
    const options = [["start", texts.preset_start], ...mine.map(([preset, n]) => [n, preset.label]), ["own", texts.preset_own]];
    by("preset").replaceChildren(...options.map(([value, label]) => element("option", "", label, { value })));
  }

  const preset = (n) => ({
    intervention: data.presets[n].intervention,
    stops: new Set(data.presets[n].stops),
    opens: new Set(data.presets[n].opens),
    movesTo: data.presets[n].movesTo,
  });
  const nothing = (at) => ({ intervention: at, stops: new Set(), opens: new Set(), movesTo: {} });
  const same = (one, other) => state.toHash({ choice: one }) === state.toHash({ choice: other });
  const presetShown = () => data.presets.findIndex((each, n) => each.intervention === choice.intervention && same(preset(n), choice));

  function showPreset() {
    const shown = presetShown();
    by("preset").value = shown >= 0 ? String(shown) : changed() ? "own" : "start";
    // the agreement that a scenario of the study has for exactly these hospitals
    const agreed = data.presets.findIndex((each, n) => each.intervention === choice.intervention
      && Object.keys(each.movesTo).length && same({ ...preset(n), movesTo: {} }, { ...choice, movesTo: {} }));
    by("agreed-box").hidden = agreed < 0;
    by("agreed").checked = Object.keys(choice.movesTo).length > 0;
    by("agreed").value = String(agreed);
  }

  // ---- sentences ----

  function headline() {
    const { figures } = result;
    const { unit } = intervention();
    if (!changed()) return [texts.start_title, words.fill("start_text", { demand: amount(figures.demand), unit })];
    const shown = presetShown();
    const { badge, fact } = shown >= 0 ? data.presets[shown] : { badge: texts.badge_own, fact: false };
    const mood = fact ? "" : "if_";
    const parts = [];
    if (choice.stops.size) parts.push(words.fill(`${mood}stops_${choice.stops.size === 1 ? "one" : "more"}`, { names: namesOf(choice.stops) }));
    if (choice.opens.size) parts.push(words.fill(`${mood}opens_${choice.opens.size === 1 ? "one" : "more"}`, { names: namesOf(choice.opens) }));
    const said = [words.fill("moved_text", {
      moved: amount(figures.moved), demand: amount(figures.demand), unit, share: words.share(figures.moved / figures.demand),
    })];
    if (!Number.isNaN(figures.mean_extra_moved)) {
      said.push(words.fill(`mean_${bus ? "bus_" : ""}${figures.mean_extra_moved < 0 ? "shorter_" : ""}text`, {
        mean: words.minutes(Math.abs(figures.mean_extra_moved)), p90: words.minutes(words.down(figures.p90_extra)),
      }));
    }
    const home = residentsMoved();
    if (home > 0) said.push(words.fill("second", { residents: words.fill("residents", { count: words.whole(home) }) }));
    if (bus) said.push(words.fill("lacking_text", { ...lacking(), demand: amount(figures.demand), unit }));
    return [`${parts.join(". ")}.`, said.join(" "), badge, fact];
  }

  // who has no connection now and then
  function lacking() {
    const { flows, figures } = result;
    const before = flows.demand.filter((_, i) => !Number.isFinite(flows.before[i]));
    return { before: amount(pairwiseSum(before)), after: amount(figures.unreachable) };
  }

  // said second; nothing where residents are counted, or not known
  function residentsMoved() {
    if (!data.residents || intervention().countsResidents) return 0;
    const { flows, places } = result;
    const from = new Set(flows.postcode.filter((at, i) => flows.moved[i]));
    const { people } = data.search;
    if (!intervention().observed) return [...from].reduce((sum, at) => sum + people[at], 0);
    // residents divide over hospitals as the patients of their postcode do
    const parts = flows.postcode.map((at, i) => (flows.moved[i] && places.demand[at] > 0 ? people[at] * flows.demand[i] / places.demand[at] : 0));
    const uncounted = [...from].filter((at) => !(places.demand[at] > 0)).map((at) => people[at]);
    return [...parts, ...uncounted].reduce((sum, each) => sum + each, 0);
  }

  // the status is read with the sentence, wherever it goes; on screen it stands beside the treatment
  function showHeadline() {
    const [title, text, badge, fact] = headline();
    const parts = badge ? [element("span", "status", `${badge}. `), title] : [title];
    by("title").replaceChildren(...parts);
    by("text").textContent = text;
    by("badge").textContent = badge || "";
    by("badge").hidden = !badge;
    by("badge").dataset.fact = String(Boolean(fact));
    showExamples();
  }

  // where nothing is chosen an example is one press away
  function showExamples() {
    const mine = changed() ? [] : data.presets.map((each, n) => [each, n]).filter(([each]) => each.intervention === choice.intervention);
    by("examples").hidden = !mine.length;
    by("examples").replaceChildren(element("span", "", texts.examples), ...mine.map(([each, n]) => {
      const made = element("button", "example", each.label, { type: "button" });
      made.addEventListener("click", () => {
        choose(preset(n));
        by("title").focus();
      });
      return made;
    }));
  }

  // who must, how much longer, and how many much longer
  function showNumbers() {
    const { figures } = result;
    const { unit } = intervention();
    const tiles = [];
    if (changed()) {
      const says = words.fill("number_moved", { unit, share: words.share(figures.moved / figures.demand) });
      const above = intervention().kind === "modelled" && result.bound < figures.moved;
      tiles.push(above
        ? [words.fill("number_bound", { bound: words.number(result.bound) }), words.fill("number_bound_moved", { unit })]
        : [amount(figures.moved), says]);
    }
    if (!Number.isNaN(figures.mean_extra_moved)) {
      const key = `number_extra${bus ? "_bus" : ""}${figures.mean_extra_moved < 0 ? "_shorter" : ""}`;
      tiles.push([words.minutes(Math.abs(figures.mean_extra_moved)), words.fill(key, { p90: words.minutes(words.down(figures.p90_extra)) })]);
    }
    if (bus) tiles.push([lacking().after, words.fill("number_lacking", { unit, before: lacking().before })]);
    else if (changed()) tiles.push([amount(moreExtra(30)), words.fill("number_more", { unit })]);
    by("numbers").hidden = !tiles.length;
    by("numbers").replaceChildren(...tiles.map(([value, says]) => {
      const tile = element("li");
      // the number is what is read: its unit may be smaller
      const [, first, count, rest] = value.match(/^(\D*)([\d.,]+)(.*)$/) || [null, "", value, ""];
      const large = element("strong");
      if (first) large.append(element("small", "", first));
      large.append(count);
      if (rest) large.append(element("small", "", rest));
      tile.append(large, element("span", "", says));
      return tile;
    }));
  }

  const signedMean = (mean) => (mean < 0 ? words.fill("shorter", { minutes: words.minutes(-mean) }) : words.minutes(mean));

  // a route today and none then is beyond every limit
  const moreExtra = (limit) => {
    const { flows } = result;
    return flows.demand.reduce((sum, demand, i) => sum + (flows.moved[i] && Number.isFinite(flows.before[i])
      && flows.after[i] - flows.before[i] > limit ? demand : 0), 0);
  };

  function figureRows() {
    const { figures, bound } = result;
    const { unit } = intervention();
    const rows = [[texts.row_moved, words.fill("row_moved_value", {
      moved: amount(figures.moved), demand: amount(figures.demand), unit, share: words.share(figures.moved / figures.demand),
    })]];
    if (!Number.isNaN(figures.mean_extra_moved)) {
      rows.push([texts.row_extra, words.fill("row_extra_value", { mean: signedMean(figures.mean_extra_moved), p90: words.minutes(words.down(figures.p90_extra)) })]);
      rows.push([texts.row_more, words.fill("row_more_value", { thirty: amount(moreExtra(30)), fortyfive: amount(moreExtra(45)), unit })]);
      rows.push([texts.row_way, words.fill("row_way_value", { before: words.minutes(figures.mean_before), after: words.minutes(figures.mean_after) })]);
    }
    if (!Number.isNaN(figures.mean_extra_all)) {
      rows.push([texts.row_all, words.fill("row_all_value", { mean: signedMean(figures.mean_extra_all), demand: amount(figures.demand) })]);
    }
    if (figures.share_shorter > 0) rows.push([texts.row_shorter, words.share(figures.share_shorter)]);
    if (changed() && !Number.isNaN(bound)) rows.push([texts.row_bound, words.fill("row_bound_value", { bound: words.number(bound) })]);
    if (figures.unreachable > 0) rows.push([bus ? texts.row_lacking : texts.row_unreachable, words.fill("row_count", { count: amount(figures.unreachable), unit })]);
    if (figures.drawn > 0) rows.push([texts.row_drawn, words.fill("row_count", { count: amount(figures.drawn), unit })]);
    return rows;
  }

  // ---- tables ----

  const cell = (text, className = "n") => element("td", className, text);
  const minutesCell = (value, className = "") => (Number.isFinite(value)
    ? cell(words.whole(value), `n ${className}`)
    : cell(noWay(), `n words ${className}`));
  function row(head, cells) {
    const made = element("tr");
    const first = element("th", "", undefined, { scope: "row" });
    first.append(head);
    made.append(first, ...cells);
    return made;
  }
  const body = (id, rows) => by(id).querySelector("tbody").replaceChildren(...rows);

  function showFigures() {
    const { figures } = result;
    body("figures", figureRows().map(([head, text]) => row(head, [cell(text, "")])));
    body("beyond", LIMITS.map((limit) => {
      const [before, after] = [figures[`beyond_${limit}_before`], figures[`beyond_${limit}_after`]];
      return row(words.fill("beyond_row", { limit }), [before, after].map((each) => cell(amount(each))).concat(cell(added(before, after))));
    }));
    by("beyond-unit").textContent = words.fill("beyond_unit", { unit: intervention().unit });
  }

  // the bounds that hidden counts leave stand beside a volume
  function withEnds({ ends, ...each }, when) {
    const shown = bus ? -1 : presetShown();
    const computed = when === "before" || !changed() ? intervention().today : shown >= 0 ? data.presets[shown].volumes : {};
    const [low, high] = computed[each.at] || (ends ? ends[when] : []);
    const value = amount(each[when]);
    return low < high ? words.fill("count_ends", { value, low: words.number(words.down(low)), high: words.number(words.up(high)) }) : value;
  }

  function showVolumes() {
    const { volumes, demand, flows } = result;
    const { norm, unit, providers } = intervention();
    const judge = ({ at, meets, kind }) => {
      if (kind === "modelled" && norm !== null && !flows.outside.includes(at)) return texts.norm_example;
      return meets === null ? "" : texts[meets ? "norm_met" : "norm_missed"];
    };
    const used = (at) => (demand.before.get(at) || 0) > 0 || (demand.after.get(at) || 0) > 0;
    const places = new Set([...providers, ...choice.opens, ...flows.outside.filter(used)]);
    const rows = volumes || [...places].sort((a, b) => a - b).map((at) => ({
      at, before: demand.before.get(at) || 0, after: demand.after.get(at) || 0, meets: null,
    }));
    body("volumes", rows.map((each) => row(nameOf(each.at), [
      cell(withEnds(each, "before")),
      cell(withEnds(each, "after")),
      cell(choice.stops.has(each.at) ? texts.role_stops : judge(each), "judged"),
    ])));
    const said = new Set(rows.map((each) => each.kind));
    const name = ["registered", "counted"].find((each) => said.has(each)) || "modelled";
    const open = name !== "registered" && intervention().suppressed ? ` ${texts.volumes_hidden}` : "";
    const kind = volumes ? texts[`volumes_${name}`] + open : words.fill("volumes_unknown", { unit });
    by("volumes-note").textContent = norm === null ? `${kind} ${texts.no_norm}` : `${kind} ${words.fill("norm", { norm: words.number(norm) })}`;
  }

  function showWorst() {
    const { places, flows } = result;
    const moved = new Float64Array(data.postcodes.length);
    const first = new Map();
    flows.postcode.forEach((at, i) => {
      if (!flows.moved[i] || !(flows.demand[i] > 0)) return;
      moved[at] += flows.demand[i];
      if (!first.has(at) || flows.demand[i] > flows.demand[first.get(at)]) first.set(at, i);
    });
    const rank = (at) => (Number.isFinite(places.after[at]) ? places.extra[at] : Infinity);
    const worst = [...first.keys()].sort((a, b) => (rank(b) > rank(a) ? 1 : rank(b) < rank(a) ? -1 : a - b)).slice(0, WORST);
    body("worst", worst.map((at) => {
      const [code, place] = data.postcodes[at];
      const made = element("button", "link", place ? `${code} ${place}` : code, { type: "button" });
      made.addEventListener("click", () => search(code, true));
      const i = first.get(at);
      return row(made, [
        cell(amount(moved[at])),
        minutesCell(places.before[at]),
        minutesCell(places.after[at]),
        minutesCell(words.differenceOf(places.before[at], places.after[at]), "main"),
        cell(nameOf(flows.to[i]), "to"),
      ]);
    }));
    by("worst-none").hidden = worst.length > 0;
    by("worst").hidden = worst.length === 0;
  }

  // ---- three marks ----

  function showMarks() {
    const { flows, figures } = result;
    const extra = [];
    const weight = [];
    const before = [];
    const after = [];
    flows.extra.forEach((value, i) => {
      if (!flows.moved[i] || !Number.isFinite(value)) return;
      extra.push(value);
      weight.push(flows.demand[i]);
      before.push(flows.before[i]);
      after.push(flows.after[i]);
    });
    const percentile = weightedPercentiles(extra, weight);
    const some = weight.some((each) => each > 0);
    const dots = some ? Array.from({ length: 100 }, (_, n) => percentile((n + 0.5) / 100)) : [];
    // the means of other choices are by car
    const candidates = bus ? null : intervention().candidates;
    const range = charts.range(dots, candidates ? candidates.means : []);
    by("people").hidden = !some;
    by("minutes").hidden = !some;
    if (some) {
      const fields = { p10: words.number(words.up(figures.p10_extra)), p50: words.number(words.down(figures.p50_extra)), p90: words.number(words.down(figures.p90_extra)), most: words.number(figures.max_extra) };
      by("people-text").textContent = words.fill("people_text", fields);
      by("people-chart").replaceChildren(charts.people(dots, range, words.fill("people_text", fields)));
      const [first, second] = [before, after].map((values) => sharesOf(values, weight, Math.max(...before, ...after)));
      const label = words.fill("minutes_text", { before: words.minutes(figures.mean_before), after: words.minutes(figures.mean_after) });
      by("minutes-text").textContent = label;
      by("minutes-chart").replaceChildren(charts.bars(first, second, label));
    }
    by("choices").hidden = !candidates;
    if (candidates) showChoices(candidates, range);
    showMargin();
  }

  // known only for what the run itself computed
  function showMargin() {
    const shown = bus ? -1 : presetShown();
    const { margin, bypass, hidden } = shown >= 0 ? data.presets[shown] : {};
    const ends = ([low, high]) => ({ about: words.about(result.figures.mean_extra_moved), low: words.number(words.down(low)), high: words.minutes(words.up(high)) });
    const said = [margin ? words.fill("margin_known", ends(margin)) : texts.margin_unknown];
    if (!intervention().observed) said.push(bypass ? words.fill("bypass_known", ends(bypass)) : texts.bypass_unknown);
    else if (bypass) said.push(words.fill("hidden_known", ends(bypass)));
    if (hidden) said.push(words.fill("hidden_people", { low: words.number(words.down(hidden[0])), high: words.number(words.up(hidden[1])) }));
    else if (intervention().suppressed) said.push(texts.hidden_unknown);
    by("margin-text").textContent = said.join(" ");
  }

  function sharesOf(values, weight, most) {
    const count = Math.min(12, Math.floor(most / BAR_MINUTES) + 1);
    const shares = new Array(count).fill(0);
    const total = weight.reduce((sum, each) => sum + each, 0);
    values.forEach((value, i) => { shares[Math.min(count - 1, Math.floor(value / BAR_MINUTES))] += weight[i] / total; });
    return shares;
  }

  function showChoices({ count, stops, means }, range) {
    const mean = result.figures.mean_extra_moved;
    const ends = { count: words.number(count), stops: words.number(stops), n: words.number(intervention().providers.length), span: words.span(means[0], means[means.length - 1]), high: words.minutes(means[means.length - 1]) };
    const said = [words.fill(count === 1 ? "choices_single" : "choices_text", ends)];
    if (!Number.isNaN(mean)) {
      const comparable = choice.stops.size === stops && !choice.opens.size;
      const lower = means.filter((each) => each < mean - 0.005).length / means.length;
      said.push(comparable
        ? words.fill("choices_here", { mean: signedMean(mean), share: words.share(lower) })
        : words.fill("choices_other", { mean: signedMean(mean) }));
    }
    by("choices-text").textContent = said.join(" ");
    by("choices-chart").replaceChildren(charts.choices(means, mean, range, said.join(" ")));
  }

  // ---- one postcode or place ----

  function search(text, moveTo) {
    asked = text.trim();
    const found = asked ? find(asked) : null;
    const one = found && found.places.length > 0;
    by("found").replaceChildren(...(!asked || one ? [] : notOne(found)));
    by("card").hidden = !one;
    if (one) showCard(found);
    map.choose(one ? found.places : [], moveTo && Boolean(one));
    remember();
  }

  // several places of one name, a place in another region, or nothing
  function notOne(found) {
    if (found && found.outside) {
      const { region, study } = found.outside;
      return [words.fill(study ? "search_outside" : "search_outside_only", { region, study })];
    }
    if (!found) return [texts.search_none];
    const offers = found.which.map((name) => {
      const made = element("button", "which", name, { type: "button" });
      made.addEventListener("click", () => take(name));
      return made;
    });
    return [element("span", "", texts.search_which), ...offers];
  }

  function take(name) {
    by("place").value = name;
    search(name, true);
  }

  function showCard({ title, places }) {
    const badge = changed() ? by("badge").textContent : "";
    by("card").replaceChildren(placeCard.element(cardFigures(new Set(places)), { title, badge, more: placeCard.lookup(data.lookup, data.postcodes[places[0]][0]) }));
  }

  // what a set of postcodes has now and then
  function cardFigures(places) {
    const { flows } = result;
    const rows = flows.postcode.map((at, i) => ({ at, from: flows.from[i], to: flows.to[i], demand: flows.demand[i] })).filter(({ at }) => places.has(at));
    const remarks = new Set([...places].map((at) => data.postcodes[at][3]));
    return { ...placeCard.figures(rows, ways, nameOf), ferry: remarks.size === 1 ? [...remarks][0] : "", abroad: data.abroad };
  }

  function hover(at, point) {
    const tip = by("tip");
    tip.hidden = at < 0;
    if (at < 0) return;
    const [code, place] = data.postcodes[at];
    const { flows } = result;
    // of several flows the largest
    const i = flows.postcode.reduce((best, each, n) => (each === at && (best < 0 || flows.demand[n] > flows.demand[best]) ? n : best), -1);
    const saidOf = (minutes) => (Number.isFinite(minutes) ? words.minutes(minutes) : noWay());
    const lines = [place ? `${code} ${place}` : code,
      words.fill("tip_now", { at: words.fill("card_at", { provider: nameOf(flows.from[i]), minutes: saidOf(flows.before[i]) }) })];
    if (flows.from[i] !== flows.to[i] || flows.moved[i]) {
      lines.push(words.fill("tip_then", { at: words.fill("card_at", { provider: nameOf(flows.to[i]), minutes: saidOf(flows.after[i]) }) }));
      if (Number.isFinite(flows.extra[i]) || !bus) lines.push(words.difference(flows.extra[i]));
    }
    tip.replaceChildren(...lines.map((each, n) => element(n ? "span" : "strong", "", each)));
    const frame = tip.parentElement;
    const left = Math.min(point[0] + 14, frame.clientWidth - tip.offsetWidth - 6);
    const top = point[1] + 16 + tip.offsetHeight > frame.clientHeight ? point[1] - tip.offsetHeight - 10 : point[1] + 16;
    tip.style.transform = `translate(${Math.max(4, left)}px, ${top}px)`;
  }

  // ---- keep ----

  const hash = () => state.toHash({ view, choice, postcode: asked, bus });
  let waiting = 0;

  // a little later: the address may wait, and browsers allow only so many changes of it
  function remember() {
    clearTimeout(waiting);
    waiting = setTimeout(() => history.replaceState(null, "", hash()), 120);
  }

  const scenarioName = () => by("name").value.trim() || by("name").placeholder;

  function showScenario() {
    const able = state.canBeSaved(choice);
    by("name").placeholder = words.fill("own_name", { names: namesOf(new Set([...choice.stops, ...choice.opens])) });
    by("toml").value = able ? state.toToml(choice, scenarioName()) : texts.cannot_save;
    for (const id of ["copy", "download"]) by(id).disabled = !able;
    by("said").textContent = "";
  }

  function copy(text) {
    const done = () => { by("said").textContent = texts.copied; };
    const byHand = () => {
      const box = element("textarea", "", undefined, { "aria-hidden": "true" });
      box.value = text;
      document.body.append(box);
      box.select();
      if (document.execCommand("copy")) done();
      box.remove();
    };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, byHand); else byHand();
  }

  function download() {
    const whole = data.study ? `${data.study.trimEnd()}\n\n${by("toml").value}` : by("toml").value;
    const link = element("a", "", undefined, { download: data.study ? data.fileName : "scenario.toml" });
    link.href = URL.createObjectURL(new Blob([whole], { type: "application/toml" }));
    link.click();
    URL.revokeObjectURL(link.href);
  }

  // ---- everything follows a choice ----

  function choose(next) {
    const another = !choice || choice.intervention !== next.intervention;
    choice = next;
    result = engine.compute(choice, bus ? ways.bus.minutes : null);
    if (another) {
      const { name, plain } = intervention();
      by("intervention").value = String(choice.intervention);
      by("plain").replaceChildren(element("strong", "", name), element("span", "", plain));
      listPresets();
      listHospitals();
    }
    showHeadline();
    showNumbers();
    by("hospitals-help").textContent = words.fill("hospitals_help", { unit: intervention().unit });
    const caveats = [];
    if (toldUnknown.length) caveats.push(words.fill("unknown_names", { names: words.names(toldUnknown) }));
    if (intervention().outsideIncomplete && result.flows.outside.length) caveats.push(texts.caveat_outside);
    const { mayLeave, outside, providers } = intervention();
    if (mayLeave && !outside.length && !choice.opens.size && providers.every((at) => choice.stops.has(at))) {
      caveats.push(texts.not_calculable);
    }
    if (intervention().otherRule) caveats.push(texts.other_rule);
    by("caveat").textContent = caveats.join(" ");
    by("caveat").hidden = caveats.length === 0;
    showPreset();
    showHospitals();
    showFigures();
    showVolumes();
    showMarks();
    showWorst();
    showScenario();
    const [hospitals, bands] = [hospitalsOf(), bandsOf(result.places)];
    map.setHospitals(hospitals);
    map.colour(bands);
    showLegend(hospitals, bands);
    if (asked) {
      const found = find(asked);
      if (found && found.places.length) showCard(found);
    }
    remember();
  }

  // the scale is always whole; of what else can be there, what is there
  function showLegend(hospitals, bands) {
    const there = new Set([...hospitals.map(({ role }) => role), ...hospitals.filter(({ more }) => more).map(() => "more"), ...hospitals.filter(({ size }) => size !== 1).map(() => "sized"), ...bands.map((band) => data.bands[band])]);
    for (const item of document.querySelectorAll(".legend li[data-role], .legend li[data-band=band_shorter], .legend li[data-band=no_route]")) {
      item.hidden = !there.has(item.dataset.role || item.dataset.band);
    }
  }

  // ---- by car, or by public transport ----

  function showModes() {
    by("modes").hidden = !ways.bus;
    by("bus-help").hidden = !bus;
    for (const [id, pressed] of [["car", !bus], ["bus", bus]]) by(id).setAttribute("aria-pressed", String(pressed));
    const legend = document.querySelector(".legend li[data-band=no_route]");
    if (legend) legend.lastChild.textContent = ` ${bus ? texts.no_connection : texts.legend_no_route}`;
  }

  function travel(asBus) {
    bus = Boolean(ways.bus) && asBus;
    showModes();
    if (choice) choose(choice);
  }

  // ---- for a room, within another page, as a file ----

  function showView(next) {
    const other = next !== view;
    view = next;
    document.body.dataset.view = view;
    by("beamer").setAttribute("aria-pressed", String(view === "beamer"));
    by("beamer").textContent = view === "beamer" ? texts.beamer_off : texts.beamer;
    if (other) map.resized();
  }

  const files = impactExport(element);
  // as the legend has them: patterns where the page has patterns
  const fillOf = (key) => ({ band_nobody: "url(#impact-nobody)", no_route: "url(#impact-net)", band_shorter: "url(#impact-dots)" })[key] || data.colours[data.bands.indexOf(key)];

  function mapFile() {
    const said = { title: `${intervention().name}. ${by("title").textContent}`, text: by("text").textContent, scale: texts.legend_minutes, source: data.source };
    return files.mapSheet(map.picture(), said, fillOf, document.querySelectorAll(".legend li:not([hidden])"));
  }

  function offerCharts() {
    for (const box of document.querySelectorAll(".drawn")) {
      const name = box.parentElement.querySelector("h2, h3").textContent;
      const file = () => files.chartSheet(box.firstChild, { title: `${intervention().name}. ${name}`, text: `${by("title").textContent} ${box.firstChild.getAttribute("aria-label")}`, source: data.source });
      const offer = element("p", "row save");
      for (const [kind, act] of [["png", files.savePng], ["svg", files.saveSvg]]) {
        const made = element("button", "", texts[`as_${kind}`], { type: "button", "aria-label": words.fill(`chart_${kind}`, { name }) });
        made.addEventListener("click", () => act(file(), box.dataset.file));
        offer.append(made);
      }
      box.after(offer);
    }
  }

  function restore() {
    showView(state.viewOf(location.hash));
    const said = state.fromHash(location.hash);
    toldUnknown = said ? said.unknown : [];
    bus = Boolean(said && said.bus && ways.bus);
    showModes();
    choose(said ? said.choice : data.opening >= 0 ? preset(data.opening) : nothing(0));
    // a link may hold a place alone
    by("place").value = said ? said.postcode : new URLSearchParams(location.hash.replace(/^#/, "")).get("zoek") || "";
    search(by("place").value, true);
    toldUnknown = [];
  }

  const map = impactExplorerMap(by("map"), data, {
    toggle,
    hover,
    choose: (at) => {
      by("place").value = data.postcodes[at][0];
      search(data.postcodes[at][0], false);
    },
  });
  by("intervention").append(...data.interventions.map(({ name }, n) => element("option", "", name, { value: n })));
  by("intervention").addEventListener("change", (event) => {
    const at = Number(event.target.value);
    const first = data.presets.findIndex((each) => each.intervention === at);
    choose(first >= 0 ? preset(first) : nothing(at));
  });
  by("preset").addEventListener("change", (event) => {
    const { value } = event.target;
    if (value === "start") choose(nothing(choice.intervention));
    else if (value !== "own") choose(preset(Number(value)));
    else showPreset();
  });
  by("agreed").addEventListener("change", (event) => {
    const { movesTo } = event.target.checked ? data.presets[Number(event.target.value)] : { movesTo: {} };
    choose({ ...choice, movesTo });
  });
  const offered = impactSuggestions(by("place"), known.suggest, (text) => search(text, true));
  by("search").addEventListener("submit", (event) => {
    event.preventDefault();
    offered.close();
    search(by("place").value, true);
  });
  by("name").addEventListener("input", showScenario);
  by("copy").addEventListener("click", () => copy(by("toml").value));
  by("download").addEventListener("click", download);
  by("link").addEventListener("click", () => copy(location.href.split("#")[0] + hash()));
  by("zoom-in").addEventListener("click", () => map.zoom(1.6));
  by("zoom-out").addEventListener("click", () => map.zoom(1 / 1.6));
  by("zoom-fit").addEventListener("click", () => map.fit());
  by("car").addEventListener("click", () => travel(false));
  by("bus").addEventListener("click", () => travel(true));
  by("beamer").addEventListener("click", () => {
    showView(view === "beamer" ? "" : "beamer");
    remember();
  });
  by("map-png").addEventListener("click", () => files.savePng(mapFile(), texts.saved_map));
  by("map-svg").addEventListener("click", () => files.saveSvg(mapFile(), texts.saved_map));
  by("whole").addEventListener("click", () => { by("whole").href = location.href.replace(/#embed&?/, "#"); });
  offerCharts();
  // paper folds nothing
  const wasOpen = {};
  window.addEventListener("beforeprint", () => {
    wasOpen.more = by("more").open;
    by("more").open = true;
  });
  window.addEventListener("afterprint", () => { by("more").open = wasOpen.more; });
  window.addEventListener("hashchange", restore);
  restore();
  return { data, engine, map, bandsOf, mapFile, current: () => ({ choice, result }) };
}
