const actions: (() => void)[] = [];

/** `action` is called after the tests of the file, the latest first: what was mounted last has to go first. */
export function atEnd(action: () => void): void {
  actions.push(action);
}

/** Called by setup.ts: a hook that a module registers for itself belongs to the first file that imports it only. */
export function cleanUp(): void {
  for (const action of actions.splice(0).reverse()) {
    try {
      action();
    } catch (error) {
      console.error(error); // the others must go all the same
    }
  }
}
