"use strict";
// Who goes where, and what that adds up to: impact/concentration/allocation.py, measures.py and
// volumes.py in the language of a browser. The same steps in the same order, so that every figure
// is the same to the last bit; tests/outputs/test_explorer_figures.py holds them together.

const NOWHERE = -1;
const LIMITS = [30, 45, 60];
const EXTRA_LIMITS = [30, 45];
const ECDF_TOLERANCE = 1e-12;

// as NumPy adds an array: in pairs of blocks, which is more exact than one number after another
function pairwiseSum(values, start = 0, count = values.length) {
  if (count < 8) {
    let total = 0;
    for (let i = 0; i < count; i += 1) total += values[start + i];
    return total;
  }
  if (count <= 128) {
    const r = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => values[start + k]);
    let i = 8;
    for (; i < count - (count % 8); i += 8) for (let k = 0; k < 8; k += 1) r[k] += values[start + i + k];
    let total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    for (; i < count; i += 1) total += values[start + i];
    return total;
  }
  let half = Math.floor(count / 2);
  half -= half % 8;
  return pairwiseSum(values, start, half) + pairwiseSum(values, start + half, count - half);
}

// as pandas adds groups: Kahan's compensated sum
function compensatedSums(keys, values) {
  const sums = new Map();
  keys.forEach((key, i) => {
    const [sum, lost] = sums.get(key) || [0, 0];
    const next = values[i] - lost;
    const total = sum + next;
    sums.set(key, [total, total - sum - next]);
  });
  return new Map([...sums].map(([key, [sum]]) => [key, sum]));
}

function weightedMean(values, weights) {
  const v = [];
  const w = [];
  for (let i = 0; i < values.length; i += 1) {
    if (weights[i] > 0) {
      v.push(values[i] * weights[i]);
      w.push(weights[i]);
    }
  }
  return w.length ? pairwiseSum(v) / pairwiseSum(w) : NaN;
}

// a function from share to the smallest value whose cumulative weight reaches it
function weightedPercentiles(values, weights) {
  const order = [];
  for (let i = 0; i < values.length; i += 1) if (weights[i] > 0) order.push(i);
  order.sort((a, b) => values[a] - values[b]);
  const cumulative = new Float64Array(order.length);
  let total = 0;
  order.forEach((at, i) => { total += weights[at]; cumulative[i] = total; });
  return (share) => {
    if (!order.length) return NaN;
    const target = share * total * (1 - ECDF_TOLERANCE);
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle] < target) low = middle + 1; else high = middle;
    }
    return values[order[low]];
  };
}

function measuresOf(flows) {
  const { demand, before, after, extra, moved, from, to } = flows;
  const chosen = (values, test) => {
    const out = [];
    for (let i = 0; i < values.length; i += 1) if (test(i)) out.push(values[i]);
    return out;
  };
  const sum = (test) => pairwiseSum(chosen(demand, test));
  const finite = (i) => Number.isFinite(extra[i]);
  const counted = (i) => moved[i] && finite(i);
  const movedExtra = chosen(extra, counted);
  const weight = chosen(demand, counted);
  const movedWeight = pairwiseSum(weight);
  const percentile = weightedPercentiles(movedExtra, weight);
  const longer = movedExtra.map((each) => each > 0);
  const out = {
    demand: pairwiseSum(demand),
    moved: sum((i) => moved[i]),
    mean_extra_moved: weightedMean(movedExtra, weight),
    mean_extra_all: weightedMean(chosen(extra, finite), chosen(demand, finite)),
    mean_extra_longer: weightedMean(chosen(movedExtra, (i) => longer[i]), chosen(weight, (i) => longer[i])),
    share_shorter: movedWeight > 0
      ? pairwiseSum(chosen(weight, (i) => movedExtra[i] < 0)) / movedWeight
      : NaN,
    p10_extra: percentile(0.1),
    p50_extra: percentile(0.5),
    p90_extra: percentile(0.9),
    min_extra: percentile(0),
    max_extra: percentile(1),
    mean_before: weightedMean(chosen(before, counted), weight),
    mean_after: weightedMean(chosen(after, counted), weight),
  };
  for (const limit of LIMITS) {
    out[`beyond_${limit}_before`] = sum((i) => before[i] > limit);
    out[`beyond_${limit}_after`] = sum((i) => after[i] > limit);
  }
  out.beyond_60_moved = sum((i) => moved[i] && after[i] > 60);
  for (const limit of EXTRA_LIMITS) out[`extra_over_${limit}`] = sum((i) => moved[i] && extra[i] > limit);
  out.unreachable = sum((i) => !Number.isFinite(after[i]));
  out.drawn = sum((i) => from[i] !== to[i] && !moved[i]);
  return out;
}

// what the map shows of each postcode: by_place of measures.py
function placesOf(flows, count) {
  const total = new Float64Array(count);
  flows.postcode.forEach((at, i) => { total[at] += flows.demand[i]; });
  const sums = () => [new Float64Array(count), new Float64Array(count)];
  const parts = { before: sums(), after: sums(), extra: sums() };
  flows.postcode.forEach((at, i) => {
    const weight = total[at] > 0 ? flows.demand[i] : 1;
    for (const key of ["before", "after", "extra"]) {
      const value = flows[key][i];
      if (!Number.isFinite(value) || (key === "extra" ? !flows.moved[i] || !(flows.demand[i] > 0) : !(weight > 0))) continue;
      parts[key][0][at] += value * weight;
      parts[key][1][at] += weight;
    }
  });
  const means = ([sum, weight], none) => sum.map((each, at) => (weight[at] > 0 ? each / weight[at] : none));
  return {
    demand: total,
    before: means(parts.before, Infinity),
    after: means(parts.after, Infinity),
    extra: means(parts.extra, NaN),
  };
}

function impactEngine(data) {
  const numbers = (text) => {
    const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Float64Array.from({ length: bytes.length / 8 }, (_, i) => view.getFloat64(8 * i, true));
  };
  const minutes = numbers(data.minutes);
  const weights = data.weights.map(numbers);
  const wide = data.locations.length;
  const count = wide ? minutes.length / wide : 0;
  const ascending = (set) => [...set].sort((a, b) => a - b);

  // the first of equal minutes: columns are in the order of names
  function nearest(columns) {
    const chosen = new Int32Array(count).fill(NOWHERE);
    const least = new Float64Array(count).fill(Infinity);
    for (let i = 0; i < count; i += 1) {
      for (const column of columns) {
        const value = minutes[i * wide + column];
        if (value < least[i]) {
          least[i] = value;
          chosen[i] = column;
        }
      }
    }
    return [chosen, least];
  }

  // choice: {intervention, stops: Set, opens: Set, movesTo: {giver: [[taker, share]]}}
  function flowsOf(choice) {
    const intervention = data.interventions[choice.intervention];
    const { stops } = choice;
    const leaves = !intervention.everywhere && intervention.providers.every((each) => stops.has(each));
    const providers = new Set([...intervention.providers, ...(intervention.everywhere ? intervention.outside : [])]);
    const remaining = new Set([...providers, ...choice.opens, ...(leaves ? intervention.outside : [])]);
    for (const each of stops) remaining.delete(each);
    const [from, before] = nearest(ascending(providers));
    const [to, after] = nearest(ascending(remaining));
    const demand = weights[data.weightOf[choice.intervention]];
    const rows = { postcode: [], from: [], to: [], demand: [], before: [], after: [], extra: [], moved: [] };
    const minutesTo = (at, place) => (place === NOWHERE ? Infinity : minutes[at * wide + place]);
    // counts say where patients are now: who need not move stays there
    const cells = intervention.observed || Array.from(demand, (each, at) => [at, from[at], each]);
    for (const [at, giver, amount] of cells) {
      const now = intervention.observed ? minutesTo(at, giver) : before[at];
      const moved = stops.has(giver);
      const add = (taker, part, will) => {
        rows.postcode.push(at);
        rows.from.push(giver);
        rows.to.push(Number.isFinite(will) ? taker : NOWHERE);
        rows.demand.push(part);
        rows.before.push(now);
        rows.after.push(will);
        rows.extra.push(will - now);
        rows.moved.push(moved);
      };
      const takers = moved && choice.movesTo[giver];
      if (!takers) {
        if (intervention.observed && !moved) add(giver, amount, now);
        else add(to[at], amount, after[at]);
        continue;
      }
      const known = takers.map(([taker, share]) => [taker, amount * share, minutesTo(at, taker)]);
      const place = ([taker, , will]) => (Number.isFinite(will) ? taker : NOWHERE);
      known.sort((a, b) => place(a) - place(b)).forEach(([taker, part, will]) => add(taker, part, will));
    }
    const outside = intervention.everywhere || leaves ? intervention.outside : [];
    return { ...rows, outside, remaining };
  }

  function demandOf(flows) {
    return { before: compensatedSums(flows.from, flows.demand), after: compensatedSums(flows.to, flows.demand) };
  }

  // impact/concentration/volumes.py; null where there is no number to judge
  function volumesOf(choice, flows) {
    const intervention = data.interventions[choice.intervention];
    const { registered, hidden, norm } = intervention;
    if (!registered && !intervention.patients) return null;
    const { before, after } = demandOf(flows);
    const used = new Set([...before.keys(), ...after.keys()]);
    const places = new Set([...intervention.providers, ...choice.opens, ...flows.outside.filter((each) => used.has(each))]);
    return ascending(places).map((at) => {
      const stops = choice.stops.has(at);
      let low = before.get(at) || 0;
      let high = after.get(at) || 0;
      if (registered) {
        low = at in registered ? registered[at] : choice.opens.has(at) ? 0 : NaN;
        high = Number.isFinite(low) ? registeredAfter(choice, flows, at, registered) : NaN;
      }
      if (stops) high = 0;
      // an estimate is not judged, nor a count of which the hidden cells leave it open
      const known = registered || (intervention.observed && !intervention.suppressed);
      const judged = known && Number.isFinite(high) && norm !== null && !stops && !flows.outside.includes(at);
      const left = hidden.map((each) => (stops ? 0 : registeredAfter(choice, flows, at, each)));
      const verdicts = new Set(judged ? [high, ...left].map((each) => each >= norm) : []);
      const meets = verdicts.size === 1 ? verdicts.has(true) : null;
      const ends = { before: hidden.map((each) => (at in each ? each[at] : 0)), after: left };
      const kind = registered ? "registered" : intervention.observed ? "counted" : "modelled";
      return { at, before: low, after: high, meets, kind, ends };
    });
  }

  function registeredAfter(choice, flows, taker, counts) {
    const intervention = data.interventions[choice.intervention];
    const givers = new Set([...intervention.providers, ...flows.from.filter((each) => each !== NOWHERE)]);
    let total = 0;
    for (const giver of ascending(givers)) {
      const given = [];
      const taken = [];
      flows.from.forEach((from, i) => {
        if (from !== giver) return;
        given.push(flows.demand[i]);
        if (flows.to[i] === taker) taken.push(flows.demand[i]);
      });
      const all = pairwiseSum(given);
      const known = counts[giver] === undefined ? NaN : counts[giver];
      let share = giver === taker ? 1 : 0;
      if (all > 0) share = pairwiseSum(taken) / all;
      else if (choice.stops.has(giver)) share = known === 0 ? 0 : NaN;
      total += share !== 0 ? share * known : 0;
    }
    return total;
  }

  // most patients a year that can move, see moved_bound of run.py
  function boundOf(choice) {
    const { norm, stopCount, bounded } = data.interventions[choice.intervention];
    if (norm === null || stopCount === null || !bounded || choice.stops.size > stopCount) return NaN;
    return choice.stops.size * (norm - 1);
  }

  // the same people to the same hospitals, with minutes of another way to travel (impact/analysis/transit.py)
  function travelled(flows, way) {
    const before = flows.from.map((place, i) => way(flows.postcode[i], place));
    const after = flows.to.map((place, i) => way(flows.postcode[i], place));
    const extra = after.map((will, i) => (Number.isFinite(before[i]) ? will - before[i] : NaN));
    return { ...flows, before, after, extra };
  }

  // way: a function (postcode, hospital) -> minutes; those that decide who goes where without it
  function compute(choice, way = null) {
    const nearby = flowsOf(choice);
    const flows = way ? travelled(nearby, way) : nearby;
    return {
      choice,
      flows,
      figures: measuresOf(flows),
      places: placesOf(flows, count),
      demand: demandOf(flows),
      volumes: volumesOf(choice, flows),
      bound: boundOf(choice),
    };
  }

  const minutesTo = (at, place) => (place === NOWHERE ? Infinity : minutes[at * wide + place]);
  return { compute, minutesTo };
}
