// The map of the place: the outlines of the city's divisions, no tiles. It takes no focus, and nothing waits for it.

const form = document.getElementById('call');
const place = document.getElementById('map');
const [longitude, latitude, division] = ['longitude', 'latitude', 'division'].map((name) => form.elements[name]);
const NAMED = 200; // pixels of height below which the names would stand on each other
const DIGITS = 6; // of a degree: a tenth of a metre

let map = null;
let marker = null;
const areas = new Map();

function set(field, value) {
  field.value = value;
  for (const name of ['input', 'change']) field.dispatchEvent(new Event(name, { bubbles: true }));
}

/** Mark the division on the map and show it. */
export function showDivision(code) {
  for (const [own, area] of areas) area.getElement()?.classList.toggle('call__area--chosen', own === code);
  const area = areas.get(code);
  if (!map) return;
  if (area) map.fitBounds(area.getBounds(), { animate: false });
  else if (areas.size) map.fitBounds(L.featureGroup([...areas.values()]).getBounds(), { animate: false });
}

function showPoint() {
  const [x, y] = [longitude, latitude].map((field) => Number.parseFloat(field.value));
  marker?.remove();
  marker = null;
  if (!map || !Number.isFinite(x) || !Number.isFinite(y) || Math.abs(y) > 90) return;
  marker = L.circleMarker([y, x], { radius: 6, className: 'call__mark', interactive: false }).addTo(map);
}

function clicked(code, { latlng }) {
  if (code && [...division.options].some((option) => option.value === code)) set(division, code);
  set(longitude, latlng.lng.toFixed(DIGITS));
  set(latitude, latlng.lat.toFixed(DIGITS));
}

async function draw() {
  let outlines;
  try {
    const answer = await fetch(place.dataset.outlines);
    if (!answer.ok) throw new Error(String(answer.status));
    outlines = await answer.json();
  } catch {
    place.textContent = '地图没有加载，请用属地和地址填写。';
    place.classList.add('call__map--missing');
    return;
  }
  map = L.map(place, {
    attributionControl: false, zoomControl: false, keyboard: false, fadeAnimation: false, zoomAnimation: false,
    zoomSnap: 0.25,
  });
  L.geoJSON(outlines, {
    style: { className: 'call__area' },
    onEachFeature({ properties }, area) {
      areas.set(properties.code, area);
      area.bindTooltip(properties.name, { permanent: true, direction: 'center', className: 'call__name' });
      area.on('click', (event) => clicked(properties.code, event));
    },
  }).addTo(map);
  showDivision(division.value);
  showPoint();
  new window.ResizeObserver(() => {
    place.classList.toggle('call__map--small', place.clientHeight < NAMED);
    map.invalidateSize({ animate: false });
    showDivision(division.value);
  }).observe(place);
}

for (const field of [longitude, latitude]) field.addEventListener('input', showPoint);
// A click on the map leaves the focus where somebody types.
place.addEventListener('mousedown', (event) => event.preventDefault());
if (window.L) draw();
