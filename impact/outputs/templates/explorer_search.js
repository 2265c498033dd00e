"use strict";
// From what a reader types to postcodes: a postcode, a place, a municipality, or the start of one.

function impactSearch(data) {
  const low = (text) => text.toLocaleLowerCase(data.lang);
  const known = data.postcodes.map(([code, place, municipality]) => [low(code), low(place), low(municipality)]);
  const where = (test) => known.map((each, at) => at).filter((at) => test(known[at]));

  // of places that start alike the first; then every postcode of it
  function starting(key, text) {
    const first = where((each) => each[key].startsWith(text))[0];
    return first === undefined ? [] : where((each) => each[key] === known[first][key]);
  }

  // a village and another of the same name elsewhere are two places: 'Winsum, Het Hogeland'
  function oneOf(places) {
    const municipalities = [...new Set(places.map((at) => data.postcodes[at][2]))];
    return municipalities.length < 2 ? [] : municipalities.map((each) => `${data.postcodes[places[0]][1]}, ${each}`);
  }

  return (text) => {
    const asked = low(text.trim());
    if (!asked) return null;
    const code = asked.replace(/\s/g, "");
    const tries = [
      where(([each]) => each !== "" && (code === each || (code.startsWith(each) && /^[a-z]{1,2}$/.test(code.slice(each.length))))),
      where(([, place, municipality]) => place === asked || `${place}, ${municipality}` === asked),
      where(([, , municipality]) => municipality === asked),
      starting(1, asked),
      starting(2, asked),
    ];
    const which = tries.findIndex((each) => each.length);
    if (which < 0) return null;
    const places = tries[which];
    const choices = which === 1 || which === 3 ? oneOf(places) : [];
    if (choices.length) return { places: [], which: choices };
    const [postcode, place, municipality] = data.postcodes[places[0]];
    const one = place ? `${postcode} ${place}` : postcode;
    const name = which === 1 || which === 3 ? place : municipality;
    return { places, municipality, title: which === 0 ? one : `${name} (${places.length})` };
  };
}
