const actions: (() => void)[] = [];

/** Calls `action` after the tests of the file, the latest action first: the last mount must be removed first. */
export function atEnd(action: () => void): void {
  actions.push(action);
}

/** setup.ts calls this: a hook that a module registers itself belongs only to the first file that imports the module. */
export function cleanUp(): void {
  for (const action of actions.splice(0).reverse()) {
    try {
      action();
    } catch (error) {
      console.error(error); // the other actions must run all the same
    }
  }
}
