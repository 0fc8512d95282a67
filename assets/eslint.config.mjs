// Rules for the scripts we write ourselves; run by `make check`.
import js from '@eslint/js';

const browser = Object.fromEntries(
  ('AbortController AudioContext BroadcastChannel CSS CustomEvent DOMParser Element Event EventSource FormData '
    + 'GainNode Headers HTMLElement L MutationObserver Node OscillatorNode Response SharedWorker URL '
    + 'URLSearchParams addEventListener clearInterval clearTimeout console document '
    + 'echarts fetch getComputedStyle history htmx localStorage location matchMedia navigator performance '
    + 'queueMicrotask requestAnimationFrame self sessionStorage setInterval setTimeout window')
    .split(' ').map((name) => [name, 'readonly']),
);
const node = { console: 'readonly', process: 'readonly', URL: 'readonly' };

const rules = {
  ...js.configs.recommended.rules,
  eqeqeq: 'error',
  'no-alert': 'error',
  'no-eval': 'error',
  'no-implied-eval': 'error',
  'no-new-func': 'error',
  'no-var': 'error',
  'prefer-const': 'error',
  quotes: ['error', 'single', { avoidEscape: true }],
  'no-empty': 'error',
  'max-len': ['error', { code: 120 }],
  'max-lines-per-function': ['error', { max: 60, skipComments: true }],
  'max-lines': ['error', 400],
};

export default [
  { ignores: ['**/vendor/**', '**/node_modules/**', '.venv/**', 'build/**'] },
  {
    files: ['liandong/*/static/**/*.js'],
    languageOptions: { ecmaVersion: 2022, sourceType: 'module', globals: browser },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules,
  },
  { files: ['assets/*.mjs'], languageOptions: { ecmaVersion: 2022, sourceType: 'module', globals: node }, rules },
];
