// later returns a function that imports modules when it is called first: few guests need them.
// It returns a promise of all their exports, of undefined after a failure. The next call tries
// again, with other addresses, because browsers remember a module that failed to load.
export function later(...names) {
  let loaded = null;
  let failures = 0;
  return () => {
    const again = failures > 0 ? `?${failures}` : '';
    const addresses = names.map((name) => `./${name}.js${again}`);
    return loaded ??= Promise.all(addresses.map((address) => import(address))).then(
      (modules) => Object.assign({}, ...modules),
      () => {
        failures += 1;
        loaded = null;
      },
    );
  };
}
