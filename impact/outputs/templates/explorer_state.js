"use strict";
// What is on screen as an address, and as a scenario that `impact run` reads.

const VIEWS = ["beamer", "embed"];

function impactState(data) {
  const names = data.locations.map(([name]) => name);
  const place = new Map(names.map((name, at) => [name, at]));

  const alike = (list, set) => list.length === set.size && list.every((at) => set.has(at));
  // the agreement that a scenario of the study has for exactly these hospitals
  const agreement = ({ intervention, stops, opens }) => data.presets.find((each) => each.intervention === intervention
    && Object.keys(each.movesTo).length && alike(each.stops, stops) && alike(each.opens, opens));

  // names, not numbers: a link to a later run of the study still means the same hospitals
  function toHash({ choice, postcode, view, bus }) {
    const said = new URLSearchParams();
    said.append("behandeling", data.interventions[choice.intervention].name);
    for (const at of [...choice.stops].sort((a, b) => a - b)) said.append("stopt", names[at]);
    for (const at of [...choice.opens].sort((a, b) => a - b)) said.append("begint", names[at]);
    for (const [giver, takers] of Object.entries(choice.movesTo)) {
      for (const [taker, share] of takers) said.append("naar", JSON.stringify([names[giver], names[taker], share]));
    }
    // a link that names no more than a treatment, or hospitals, means what the study says of them
    if (!choice.stops.size && !choice.opens.size) said.append("nu", "");
    else if (!Object.keys(choice.movesTo).length && agreement(choice)) said.append("dichtstbij", "");
    if (postcode) said.append("zoek", postcode);
    if (bus) said.append("met", "ov");
    return `#${view ? `${view}&` : ""}${said}`;
  }

  // how the page is laid out: for its reader, for a room, or within another page
  function viewOf(hash) {
    const said = new URLSearchParams(hash.replace(/^#/, ""));
    return VIEWS.find((view) => said.has(view)) || "";
  }

  // null where the address names no intervention of this study; unknown hospitals are listed
  function fromHash(hash) {
    const said = new URLSearchParams(hash.replace(/^#/, ""));
    const intervention = data.interventions.findIndex(({ name }) => name === said.get("behandeling"));
    if (intervention < 0) return null;
    const { providers } = data.interventions[intervention];
    const unknown = [];
    const chosen = (key, fits) => new Set(said.getAll(key).map((name) => {
      const at = place.get(name);
      if (at === undefined || !fits(at)) unknown.push(name);
      return fits(at) ? at : undefined;
    }).filter((at) => at !== undefined));
    const stops = chosen("stopt", (at) => providers.includes(at));
    const opens = chosen("begint", (at) => at !== undefined && !providers.includes(at));
    const movesTo = {};
    for (const text of said.getAll("naar")) {
      const [giver, taker, share] = agreed(text);
      if (!stops.has(place.get(giver)) || !place.has(taker) || !(share > 0 && share <= 1)) continue;
      (movesTo[place.get(giver)] = movesTo[place.get(giver)] || []).push([place.get(taker), share]);
    }
    let choice = possible({ intervention, stops, opens, movesTo });
    const named = stops.size || opens.size || unknown.length;
    const first = data.presets.find((each) => each.intervention === intervention);
    if (!named && !said.has("nu") && first) choice = { ...choice, stops: new Set(first.stops), opens: new Set(first.opens), movesTo: first.movesTo };
    else if (!said.has("naar") && !said.has("dichtstbij") && agreement(choice)) choice.movesTo = agreement(choice).movesTo;
    return { choice, postcode: said.get("zoek") || "", bus: said.get("met") === "ov", unknown };
  }

  function agreed(text) {
    try {
      const said = JSON.parse(text);
      return Array.isArray(said) ? said : [];
    } catch {
      return [];
    }
  }

  // an agreement holds while its giver stops, its takers perform and its shares add to one
  function possible(choice) {
    const { providers } = data.interventions[choice.intervention];
    const performs = (at) => !choice.stops.has(at) && (providers.includes(at) || choice.opens.has(at));
    const kept = Object.entries(choice.movesTo).filter(([giver, takers]) => choice.stops.has(Number(giver))
      && takers.every(([taker]) => performs(taker))
      && Math.abs(takers.reduce((sum, [, share]) => sum + share, 0) - 1) <= 1e-6);
    return { ...choice, movesTo: Object.fromEntries(kept) };
  }

  // JSON's escapes are TOML's, but for one control character
  const quoted = (text) => JSON.stringify(text).replaceAll("\x7f", "\\u007f");
  const list = (chosen) => [...chosen].sort((a, b) => a - b).map((at) => quoted(names[at])).join(", ");

  function freeName(name) {
    let free = name;
    for (let n = 2; data.scenarioNames.includes(free); n += 1) free = `${name} (${n})`;
    return free;
  }

  function toToml(choice, name) {
    const intervention = quoted(data.interventions[choice.intervention].name);
    const lines = ["[[scenario]]", `name = ${quoted(freeName(name))}`];
    if (choice.stops.size) lines.push(`stops = { ${intervention} = [${list(choice.stops)}] }`);
    if (choice.opens.size) lines.push(`opens = { ${intervention} = [${list(choice.opens)}] }`);
    const agreements = Object.entries(choice.movesTo).map(([giver, takers]) => {
      const shares = takers.map(([taker, share]) => `${quoted(names[taker])} = ${Number.isInteger(share) ? share.toFixed(1) : share}`);
      return `${quoted(names[giver])} = { ${shares.join(", ")} }`;
    });
    if (agreements.length) lines.push(`moves_to = { ${agreements.join(", ")} }`);
    return `${lines.join("\n")}\n`;
  }

  // what read_study would refuse
  function canBeSaved(choice) {
    const { providers, mayLeave } = data.interventions[choice.intervention];
    const left = providers.some((at) => !choice.stops.has(at)) || choice.opens.size > 0 || mayLeave;
    return (choice.stops.size > 0 || choice.opens.size > 0) && left;
  }

  return { toHash, fromHash, viewOf, possible, toToml, canBeSaved };
}
