/** The page: where each part of it is. */
import { TimelineDock } from './timeline-dock.js';

export function App() {
  return (
    <div class="app">
      <header class="toolbar">
        <h1 class="brand">
          <img src="./icon.svg" alt="" />
          vmexit
        </h1>
      </header>
      <main class="source column" />
      <section class="machine column" />
      <section class="inspect column" />
      <TimelineDock />
      <footer class="status" />
    </div>
  );
}
