// Runs in the page of the benchmark: builds a dashboard as the frontend does, and takes the time.

const INNER = { dashboard: ["views", "view"], view: ["sections", "section"] };

/** Return a dashboard, view or section with every strategy in it replaced by what it generates. */
const expand = async (kind, { strategy, ...config }, hass) => {
  if (strategy) {
    const tag = strategy.type.replace("custom:", `ll-strategy-${kind}-`);
    Object.assign(config, await customElements.get(tag).generate(strategy, hass));
  }
  const [name, innerKind] = INNER[kind] ?? [];
  if (config[name]) {
    config[name] = await Promise.all(config[name].map((each) => expand(innerKind, each, hass)));
  }
  return config;
};

/** Return what the frontend gives a strategy, made of registries, states and texts. */
const hassOf = ({ answers, entities, devices, texts, ...data }) => {
  const localize = (key) => texts[key] ?? "";
  return {
    ...data,
    // New objects, as after a change of the registries.
    entities: { ...entities },
    devices: { ...devices },
    localize,
    loadBackendTranslation: async () => localize,
    loadFragmentTranslation: async () => localize,
    formatEntityName: (state) => state.attributes.friendly_name,
    formatEntityState: (state) => state.state,
    callWS: async ({ type }) => {
      if (!(type in answers)) {
        throw new Error(`the benchmark has no answer to ${type}`);
      }
      return answers[type];
    },
  };
};

globalThis.measure = async (home, rounds) => {
  const milliseconds = [];
  let dashboard;
  for (let round = 0; round < rounds; round += 1) {
    const hass = hassOf(home);
    const started = performance.now();
    dashboard = await expand("dashboard", { strategy: { type: "custom:goapi" } }, hass);
    milliseconds.push(performance.now() - started);
  }
  return { dashboard, milliseconds };
};
