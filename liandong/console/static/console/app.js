// Everything a page of the console runs. A page of an area adds its own modules in {% block scripts %}.
import './back.js';
import './calls-leave.js';
import './clock.js';
import './guard.js';
import './keys.js';
import './rows.js';
import './session.js';
import './theme.js';
import './toasts.js';
import './ui.js';
