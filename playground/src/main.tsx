/** The page's first module. */
import { render } from 'preact';
import { App } from './app.js';
import './style/theme.css';
import './style/base.css';
import './style/controls.css';
import './style/layout.css';

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
