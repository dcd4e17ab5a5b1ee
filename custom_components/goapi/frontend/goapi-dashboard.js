/**
 * The dashboard of the GoAPI integration: strategies for a dashboard, a view and a section.
 *
 * They choose among Home Assistant's own cards, and find entities through the registries by what
 * their unique ids are made of: the device of the account or balance, and the kind of entity.
 * Nothing is done before such a dashboard is opened.
 */

/**
 * @typedef {{
 *   entity_id: string, platform: string, device_id?: string, translation_key?: string,
 *   entity_category?: string, hidden?: boolean,
 * }} Entity
 * @typedef {{
 *   id: string, identifiers: [string, string][], config_entries: string[],
 *   name: string | null, name_by_user?: string | null,
 * }} Device
 * @typedef {(key: string, values?: Record<string, string>) => string} Localize
 * @typedef {Localize} Text returns a text by its key under `selector` of the translations
 * @typedef {{
 *   entities: Record<string, Entity>, devices: Record<string, Device>,
 *   states: Record<string, { state: string }>,
 *   config: { components: string[] }, language: string,
 *   callWS: <T>(message: { type: string } & Record<string, unknown>) => Promise<T>,
 *   loadBackendTranslation: (category: string, integration: string) => Promise<Localize>,
 * }} Hass what the frontend hands to a strategy, as far as it is needed here
 * @typedef {{
 *   account?: string, balance?: string, details?: boolean, details_path?: string,
 * }} Config
 * @typedef {Record<string, unknown>} Card
 * @typedef {{ type: string, cards: Card[] }} Section
 * @typedef {{
 *   statistic_id: string, name: string, statistics_unit_of_measurement: string,
 * }} Statistic
 * @typedef {{
 *   domain: string, issue_id: string, ignored: boolean,
 *   translation_key: string, translation_placeholders: Record<string, string>,
 * }} Issue
 */

const DOMAIN = "goapi";
const TYPE = `custom:${DOMAIN}`;
const USD = "equivalent_in_usd";
// The main balance is the first of these that the account has.
const MAIN = [USD, "available_credits", "credit_remain", "point_remain"];
// On the account's own device, entities of US dollars name the balance.
const NAMED_ON_ACCOUNT = new Map(
  Object.entries({
    remaining: "balance",
    low: "balance_low",
    low_threshold: "balance_low_threshold",
    runs_out: "balance_runs_out",
  }),
);
const TASKS = ["running_tasks", "waiting_tasks", "free_task_slots"];
const USAGE = ["tasks_today", "failed_tasks_today", "top_model_today"];
const EXPIRY = ["next_credit_expiry", "credits_expiring_next"];
const ALARMING_STATUS = ["disabled", "empty", "unavailable"];
const EXPIRES_SOON_DAYS = 7;
const COURSE_HOURS = 7 * 24;
const ACTIVITY_HOURS = 7 * 24;
const SPENDING_DAYS = 30;
const DAY_MILLISECONDS = 86_400_000;

/** Of cards: as wide as the section. */
const FULL_WIDTH = { grid_options: { columns: "full" } };
/** Of cards: as wide as a section that has one column. */
const ONE_COLUMN = { grid_options: { columns: 12 } };
/** Of sections: as wide as the view. */
const WHOLE_ROW = { column_span: 4 };

/** A balance: its entities by kind, and what it is called beside its account. */
class Balance {
  /**
   * @param {string} key
   * @param {Map<string, string>} entities entity ids by translation key
   * @param {string} label
   */
  constructor(key, entities, label) {
    this.key = key;
    this.entities = entities;
    this.label = label;
  }

  /**
   * Return the id of an entity, for example of `low_threshold`.
   *
   * @param {string} kind
   */
  id(kind) {
    return this.entities.get((this.key === USD && NAMED_ON_ACCOUNT.get(kind)) || kind);
  }

  /** Return how a card names an entity, so that it follows when the entity is renamed. */
  get name() {
    const entity = { type: "entity" };
    return this.label ? [{ type: "text", text: this.label }, entity] : entity;
  }
}

/**
 * @typedef {{
 *   id: string, device: Device, title: string, entities: Entity[], kinds: Map<string, string>,
 *   balances: Balance[], main: Balance | undefined,
 * }} Account `entities` are those of all its devices, `kinds` those of its own device by kind
 */

/** @type {WeakMap<Hass["entities"], { devices: Hass["devices"], accounts: Account[] }>} */
const known = new WeakMap();

/**
 * Return all accounts with their balances, looking again only if a registry has changed.
 *
 * @param {Hass} hass
 */
const allAccounts = ({ entities, devices }) => {
  const before = known.get(entities);
  if (before?.devices === devices) {
    return before.accounts;
  }
  const accounts = findAccounts(entities, devices);
  known.set(entities, { devices, accounts });
  return accounts;
};

/**
 * @param {Hass["entities"]} entities
 * @param {Hass["devices"]} devices
 */
const findAccounts = (entities, devices) => {
  /** @type {Map<string, Entity[]>} */
  const byDevice = new Map();
  for (const entity of Object.values(entities)) {
    if (entity.platform === DOMAIN && entity.device_id && !entity.hidden) {
      append(byDevice, entity.device_id, entity);
    }
  }
  /** @type {Map<string, { id: string, device: Device }[]>} */
  const byEntry = new Map();
  for (const device of Object.values(devices)) {
    const id = device.identifiers.find(([domain]) => domain === DOMAIN)?.[1];
    const [entry] = device.config_entries;
    if (id && entry) {
      append(byEntry, entry, { id, device });
    }
  }
  /** @type {Account[]} */
  const accounts = [];
  for (const group of byEntry.values()) {
    // The account's device is the one whose identifier begins those of its balances.
    const [account, ...others] = group.sort((a, b) => a.id.length - b.id.length);
    const own = group.flatMap(({ device }) => byDevice.get(device.id) ?? []);
    if (account && own.length) {
      const title = nameOf(account.device);
      const kinds = byKind(byDevice.get(account.device.id));
      const balances = [
        new Balance(USD, kinds, ""),
        ...others.map(({ id, device }) => {
          const label = without(nameOf(device), `${title} `);
          const key = id.slice(account.id.length + 1);
          return new Balance(key, byKind(byDevice.get(device.id)), label);
        }),
      ].filter((balance) => balance.id("remaining"));
      const main = MAIN.map((key) => balances.find((each) => each.key === key)).find(Boolean);
      accounts.push({
        id: account.id,
        device: account.device,
        title,
        entities: own,
        kinds,
        balances,
        main: main ?? balances[0],
      });
    }
  }
  return accounts;
};

/**
 * @template T
 * @param {Map<string, T[]>} groups
 * @param {string} key
 * @param {T} value
 */
const append = (groups, key, value) => {
  const group = groups.get(key);
  if (group) {
    group.push(value);
  } else {
    groups.set(key, [value]);
  }
};

/**
 * Return a text without how it starts and ends, if it does.
 *
 * @param {string} text
 * @param {string} start
 * @param {string} [end]
 */
const without = (text, start, end = "") =>
  text.startsWith(start) && text.endsWith(end)
    ? text.slice(start.length, text.length - end.length)
    : text;

/** @param {Device} device */
const nameOf = (device) => device.name_by_user || device.name || "";

/** @param {Entity[]} [entities] */
const byKind = (entities = []) =>
  new Map(entities.map((entity) => [entity.translation_key ?? "", entity.entity_id]));

/**
 * Return the account that a configuration names by its device or config entry, else the first.
 *
 * @param {Config} config
 * @param {Hass} hass
 */
const accountOf = ({ account }, hass) => {
  const accounts = allAccounts(hass);
  if (!account) {
    return accounts[0];
  }
  return accounts.find(
    ({ device }) => device.id === account || device.config_entries.includes(account),
  );
};

/**
 * Return the number that an entity shows, 0 without one.
 *
 * @param {Hass} hass
 * @param {string} [entity]
 */
const numberOf = (hass, entity = "") => Number(hass.states[entity]?.state) || 0;

/**
 * Return where the scale of a balance's gauge ends: a round number above what is left.
 *
 * It changes rarely, and is well above the threshold.
 *
 * @param {Hass} hass
 * @param {Balance} balance
 */
const scaleOf = (hass, balance) => {
  const threshold = numberOf(hass, balance.id("low_threshold"));
  const least = Math.max(numberOf(hass, balance.id("remaining")), 4 * threshold, 1);
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((times) => times * power >= least) ?? 10) * power;
};

/**
 * @param {Hass} hass
 * @param {Account} account
 */
const expiresSoon = (hass, account) => {
  const end = Date.parse(hass.states[account.kinds.get("next_credit_expiry") ?? ""]?.state ?? "");
  return end - Date.now() < EXPIRES_SOON_DAYS * DAY_MILLISECONDS;
};

/**
 * Return what of the states decides how the cards look; they show all other states by themselves.
 *
 * @param {Hass} hass
 * @param {Account | undefined} account
 * @param {Balance[]} balances
 */
const watched = (hass, account, balances = account?.balances ?? []) =>
  String([
    account && expiresSoon(hass, account),
    ...balances.flatMap((each) => [numberOf(hass, each.id("low_threshold")), scaleOf(hass, each)]),
  ]);

/**
 * @param {Hass} before
 * @param {Hass} after
 */
const hasOtherRegistries = (before, after) =>
  before.entities !== after.entities ||
  before.devices !== after.devices ||
  before.language !== after.language;

/**
 * Return a tile, none for an entity that the account does not have.
 *
 * @param {string | undefined} entity
 * @param {Card} [options]
 * @returns {Card[]}
 */
const tile = (entity, options) =>
  entity ? [{ type: "tile", entity, name: { type: "entity" }, ...options }] : [];

/**
 * Return a section; none if it has no cards.
 *
 * @param {string} heading
 * @param {string} icon
 * @param {Card[]} cards
 * @param {Card} [options]
 * @returns {Section[]}
 */
const section = (heading, icon, cards, options) =>
  cards.length
    ? [{ type: "grid", cards: [{ type: "heading", heading, icon }, ...cards], ...options }]
    : [];

/**
 * Return when a section is shown: while any of its cards is.
 *
 * @param {Card[]} cards
 */
const withAnyOf = (cards) => {
  const conditions = cards.flatMap((card) => card.visibility ?? []);
  return conditions.length < cards.length ? [] : [{ condition: "or", conditions }];
};

/**
 * Return when a card is shown that can only show a number.
 *
 * @param {string} [entity]
 */
const isKnown = (entity) => [
  { condition: "state", entity, state_not: ["unknown", "unavailable"] },
];

/**
 * Return a gauge that is red below the threshold and yellow up to twice of it.
 *
 * @param {Hass} hass
 * @param {Balance} balance
 * @returns {Card}
 */
const gauge = (hass, balance) => {
  const threshold = numberOf(hass, balance.id("low_threshold"));
  return {
    type: "gauge",
    entity: balance.id("remaining"),
    name: balance.name,
    min: 0,
    max: scaleOf(hass, balance),
    segments: [
      ...(threshold
        ? [
            { from: 0, color: "var(--error-color)" },
            { from: threshold, color: "var(--warning-color)" },
          ]
        : []),
      { from: 2 * threshold, color: "var(--success-color)" },
    ],
    visibility: isKnown(balance.id("remaining")),
    grid_options: { columns: 6 },
  };
};

/**
 * Return what is left of a balance and how that changed.
 *
 * @param {Balance} balance
 * @returns {Card}
 */
const course = (balance) => ({
  type: "sensor",
  entity: balance.id("remaining"),
  name: balance.name,
  graph: "line",
  hours_to_show: COURSE_HOURS,
  grid_options: { columns: "full", rows: 3 },
});

/**
 * Return what is left of a balance, how long that lasts, and what is spent of it.
 *
 * @param {Balance} balance
 */
const outlook = (balance) => {
  const used = balance.id("budget_used");
  return [
    course(balance),
    ...tile(balance.id("runs_out"), { time_format: "date", ...FULL_WIDTH }),
    ...["spent_today", "spent_this_month", "burn_rate", "projected_spend"].flatMap((kind) =>
      tile(balance.id(kind)),
    ),
    ...tile(used, {
      features: [{ type: "bar-gauge", min: 0, max: 100 }],
      features_position: "inline",
      ...FULL_WIDTH,
      // Unknown without a budget.
      visibility: isKnown(used),
    }),
  ];
};

/**
 * Return a tile that is shown while its entity has one of some states.
 *
 * @param {string | undefined} entity
 * @param {string[]} state
 * @param {Card} [options]
 */
const alarm = (entity, state, options) =>
  tile(entity, {
    color: "red",
    ...options,
    visibility: [{ condition: "state", entity, state }],
  });

/**
 * Return the tile that is shown while a balance is low.
 *
 * @param {Balance} balance
 */
const lowAlarm = (balance) =>
  alarm(balance.id("low"), ["on"], {
    name: balance.name,
    state_content: ["state", "remaining"],
  });

/**
 * Return the section of what needs attention; it is hidden while none of its cards is shown.
 *
 * @param {Hass} hass
 * @param {Account} account
 * @param {Text} text
 */
const attention = async (hass, account, text) => {
  const [entry] = account.device.config_entries;
  const cards = [
    ...alarm(account.kinds.get("account_status"), ALARMING_STATUS),
    ...account.balances.flatMap(lowAlarm),
    ...alarm(account.kinds.get("auto_recharge_overdue"), ["on"]),
    ...(expiresSoon(hass, account)
      ? EXPIRY.flatMap((kind) => tile(account.kinds.get(kind), { color: "orange" }))
      : []),
    ...(await repairs(hass, `reserved_credits_stuck_${entry}`)),
  ];
  return section(text("dashboard.options.attention"), "mdi:alert-circle-outline", cards, {
    ...WHOLE_ROW,
    visibility: withAnyOf(cards),
  });
};

/**
 * Return a message for a repair, for what has no entity; it leads to the page of all repairs.
 *
 * @param {Hass} hass
 * @param {string} id
 * @returns {Promise<Card[]>}
 */
const repairs = async (hass, id) => {
  const [localize, { issues }] = await Promise.all([
    hass.loadBackendTranslation("issues", DOMAIN),
    /** @type {Promise<{ issues: Issue[] }>} */ (hass.callWS({ type: "repairs/list_issues" })),
  ]);
  return issues
    .filter((issue) => issue.domain === DOMAIN && issue.issue_id === id && !issue.ignored)
    .map(({ translation_key: key, translation_placeholders: placeholders }) => {
      const title = localize(`component.${DOMAIN}.issues.${key}.title`, placeholders);
      return {
        type: "markdown",
        content: `<ha-alert alert-type="warning">${title}</ha-alert>`,
        text_only: true,
        tap_action: { action: "navigate", navigation_path: "/config/repairs" },
        ...ONE_COLUMN,
      };
    });
};

/**
 * Return bars of what changed day by day, if there are statistics.
 *
 * @param {Hass} hass
 * @param {string} title
 * @param {(string | Card)[]} entities
 * @param {Card} [options]
 * @returns {Card[]}
 */
const bars = (hass, title, entities, options) =>
  hass.config.components.includes("recorder")
    ? [
        {
          type: "statistics-graph",
          title,
          entities,
          chart_type: "bar",
          period: "day",
          days_to_show: SPENDING_DAYS,
          stat_types: ["change"],
          ...FULL_WIDTH,
          ...options,
        },
      ]
    : [];

/**
 * Return bars of what each model used of a unit, first the unit that most models use.
 *
 * @param {Hass} hass
 * @param {Account} account
 * @param {Text} text
 */
const usage = async (hass, account, text) => {
  if (!account.kinds.has("tasks_today") || !hass.config.components.includes("recorder")) {
    return [];
  }
  /** @type {Statistic[]} */
  const statistics = await hass.callWS({
    type: "recorder/list_statistic_ids",
    statistic_type: "sum",
  });
  const prefix = `${DOMAIN}:${account.id.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_")}_`;
  /** @type {Map<string, Statistic[]>} */
  const byUnit = new Map();
  for (const each of statistics) {
    if (each.statistic_id.startsWith(prefix) && each.statistic_id.endsWith("_usage")) {
      append(byUnit, each.statistics_unit_of_measurement, each);
    }
  }
  return [...byUnit]
    .sort(([, a], [, b]) => b.length - a.length)
    .flatMap(([unit, models]) => {
      // What all names have in common goes without saying: the account, and usage of the unit.
      const [start = "", end = ""] = text("statistic.options.usage", {
        model: "\n",
        usage_type: unit,
      }).split("\n");
      const entities = models.map(({ statistic_id: entity, name }) => ({
        entity,
        name: without(without(name, `${account.title} `), start, end),
      }));
      return bars(hass, text("dashboard.options.usage", { unit }), entities, {
        chart_type: "bar-stack",
      });
    });
};

/**
 * Return what happened, if there is a logbook.
 *
 * @param {Hass} hass
 * @param {Account} account
 * @returns {Card[]}
 */
const activity = (hass, account) => {
  const entities = ["account_activity", "notices"].flatMap((kind) => account.kinds.get(kind) ?? []);
  return hass.config.components.includes("logbook") && entities.length
    ? [
        {
          type: "logbook",
          target: { entity_id: entities },
          hours_to_show: ACTIVITY_HOURS,
          grid_options: { columns: "full", rows: 6 },
        },
      ]
    : [];
};

/**
 * Return a slider for each amount that the user sets.
 *
 * @param {Balance} balance
 */
const sliders = (balance) =>
  ["low_threshold", "daily_spend_limit", "monthly_budget"].flatMap((kind) =>
    tile(balance.id(kind), {
      name: balance.name,
      features: [{ type: "numeric-input", style: "slider" }],
      ...ONE_COLUMN,
    }),
  );

/**
 * Return the sections of an account.
 *
 * @param {Config} config
 * @param {Hass} hass
 * @param {Account} account
 * @param {Text} text
 */
const overview = async (config, hass, account, text) => {
  const [alarms, graphs] = await Promise.all([
    attention(hass, account, text),
    usage(hass, account, text),
  ]);
  const { kinds, main, balances } = account;
  const spent = main?.id("spent_today");
  const gauges = balances.map((balance) => gauge(hass, balance));
  return [
    ...alarms,
    ...(main ? section(main.label || account.title, "mdi:wallet", outlook(main)) : []),
    ...section(text("dashboard.options.balances"), "mdi:gauge", gauges, {
      visibility: withAnyOf(gauges),
    }),
    ...section(text("dashboard.options.spending"), "mdi:chart-bar", [
      ...(spent
        ? bars(hass, text("dashboard.options.spent_per_day"), [spent], { hide_legend: true })
        : []),
      // The other units are among the details.
      ...graphs.slice(0, 1),
    ]),
    ...section(
      text("dashboard.options.tasks"),
      "mdi:progress-clock",
      [...TASKS, ...USAGE].flatMap((kind) => tile(kinds.get(kind))),
    ),
    ...section(
      text("dashboard.options.expiry"),
      "mdi:calendar-clock",
      EXPIRY.flatMap((kind) => tile(kinds.get(kind), { time_format: "date", ...FULL_WIDTH })),
    ),
    ...section(text("dashboard.options.activity"), "mdi:history", activity(hass, account)),
    ...section(
      text("dashboard.options.settings"),
      "mdi:tune-variant",
      balances.flatMap(sliders),
      WHOLE_ROW,
    ),
    ...(config.details_path
      ? [
          {
            type: "grid",
            cards: [
              {
                type: "heading",
                heading: text("dashboard.options.details"),
                icon: "mdi:information-outline",
                tap_action: { action: "navigate", navigation_path: config.details_path },
              },
            ],
          },
        ]
      : []),
  ];
};

/**
 * Return a section with all entities of each device of an account, and what each model used.
 *
 * @param {Hass} hass
 * @param {Account} account
 * @param {Text} text
 */
const details = async (hass, account, text) => {
  /** @type {Map<string, Entity[]>} */
  const byDevice = new Map();
  for (const entity of account.entities) {
    append(byDevice, entity.device_id ?? "", entity);
  }
  const graphs = await usage(hass, account, text);
  return [
    ...[...byDevice].flatMap(([id, entities]) => {
      const device = hass.devices[id];
      return section(
        device ? without(nameOf(device), `${account.title} `) : "",
        id === account.device.id ? "mdi:account" : "mdi:wallet-outline",
        entities.flatMap((entity) => tile(entity.entity_id)),
      );
    }),
    ...graphs.map((graph) => ({ type: "grid", cards: [graph] })),
  ];
};

/**
 * @param {Hass} hass
 * @returns {Promise<Text>}
 */
const texts = async (hass) => {
  const localize = await hass.loadBackendTranslation("selector", DOMAIN);
  return (key, values) => localize(`component.${DOMAIN}.selector.${key}`, values);
};

/**
 * Return what is shown without an account.
 *
 * @param {Text} text
 */
const hint = (text) => ({
  type: "empty-state",
  icon: "mdi:wallet-plus",
  title: "GoAPI",
  content: text("dashboard.options.no_account"),
  buttons: [
    {
      text: text("dashboard.options.add_account"),
      icon: "mdi:plus",
      tap_action: {
        action: "navigate",
        navigation_path: `/config/integrations/dashboard/add?domain=${DOMAIN}`,
      },
    },
  ],
});

/**
 * Return what is shown if there is no account, or not the one or the balance that was chosen.
 *
 * @param {Hass} hass
 * @param {Account} [account]
 */
const problem = async (hass, account) => {
  const accounts = allAccounts(hass);
  if (!accounts.length) {
    return hint(await texts(hass));
  }
  const localize = await hass.loadBackendTranslation("exceptions", DOMAIN);
  const [key, placeholders] = account
    ? [
        "invalid_balance",
        { account: account.title, balances: account.balances.map((each) => each.key).join(", ") },
      ]
    : ["several_accounts", { accounts: accounts.map((each) => each.title).join(", ") }];
  return {
    type: "markdown",
    content: localize(`component.${DOMAIN}.exceptions.${key}.message`, placeholders),
  };
};

/**
 * Return the views of the dashboard: one for each account, then one for the details of each.
 *
 * The order is that in which they were added: the frontend keeps an open view by its position.
 *
 * @param {Hass} hass
 * @param {string} detailsTitle
 */
const views = (hass, detailsTitle) => {
  const accounts = allAccounts(hass);
  return [
    ...accounts.map(({ id, device, title }) => ({
      title,
      path: `account-${id}`,
      strategy: { type: TYPE, account: device.id, details_path: `account-${id}-details` },
    })),
    ...accounts.map(({ id, device, title }) => ({
      title: `${title}: ${detailsTitle}`,
      path: `account-${id}-details`,
      subview: true,
      strategy: { type: TYPE, account: device.id, details: true },
    })),
  ];
};

class DashboardStrategy extends HTMLElement {
  /** @param {Config} _config @param {Hass} hass */
  static async generate(_config, hass) {
    const text = await texts(hass);
    const found = views(hass, text("dashboard.options.details"));
    // Without an account the view says how to add one.
    return { views: found.length ? found : [{ title: "GoAPI", strategy: { type: TYPE } }] };
  }

  /** @param {Config} _config @param {Hass} before @param {Hass} after */
  static shouldRegenerate(_config, before, after) {
    return (
      hasOtherRegistries(before, after) &&
      (before.language !== after.language ||
        JSON.stringify(views(before, "")) !== JSON.stringify(views(after, "")))
    );
  }

  /** Return what the dialog for a new dashboard suggests. */
  static getCreateSuggestions() {
    return { title: "GoAPI", icon: "mdi:wallet" };
  }

  static noEditor = true;
}

class ViewStrategy extends HTMLElement {
  /** @param {Config} config @param {Hass} hass */
  static async generate(config, hass) {
    const account = accountOf(config, hass);
    if (!account) {
      return { type: "panel", cards: [await problem(hass)] };
    }
    const text = await texts(hass);
    return {
      type: "sections",
      max_columns: 4,
      dense_section_placement: true,
      sections: config.details
        ? await details(hass, account, text)
        : await overview(config, hass, account, text),
    };
  }

  /** @param {Config} config @param {Hass} before @param {Hass} after */
  static shouldRegenerate(config, before, after) {
    return (
      hasOtherRegistries(before, after) ||
      watched(before, accountOf(config, before)) !== watched(after, accountOf(config, after))
    );
  }
}

class SectionStrategy extends HTMLElement {
  /** @param {Config} config @param {Hass} hass */
  static async generate(config, hass) {
    const account = accountOf(config, hass);
    const balance = SectionStrategy.#balanceOf(config, account);
    if (!account || !balance) {
      return { type: "grid", cards: [{ ...(await problem(hass, account)), ...FULL_WIDTH }] };
    }
    const [found] = section(balance.label || account.title, "mdi:wallet", [
      ...lowAlarm(balance).map((card) => ({ ...card, ...FULL_WIDTH })),
      ...outlook(balance),
      { ...gauge(hass, balance), ...FULL_WIDTH },
      ...sliders(balance).slice(0, 1),
    ]);
    return found;
  }

  /** @param {Config} config @param {Hass} before @param {Hass} after */
  static shouldRegenerate(config, before, after) {
    const [old, now] = [before, after].map((hass) => {
      const account = accountOf(config, hass);
      const balance = SectionStrategy.#balanceOf(config, account);
      return watched(hass, account, balance ? [balance] : []);
    });
    return hasOtherRegistries(before, after) || old !== now;
  }

  /** Return what the dialog for a new section shows and begins with. */
  static getStubConfig() {
    return { type: TYPE };
  }

  /** @param {Config} config @param {Account} [account] */
  static #balanceOf({ balance }, account) {
    return balance ? account?.balances.find(({ key }) => key === balance) : account?.main;
  }
}

const STRATEGIES = {
  dashboard: DashboardStrategy,
  view: ViewStrategy,
  section: SectionStrategy,
};

const define = () => {
  for (const [kind, strategy] of Object.entries(STRATEGIES)) {
    const tag = `ll-strategy-${kind}-${DOMAIN}`;
    // A page that was open during an update has the version before.
    if (!customElements.get(tag)) {
      customElements.define(tag, strategy);
    }
  }
};

define();
// While it loads, the frontend replaces the registry of elements. That is done once its own exist.
customElements.whenDefined("home-assistant").then(define);

/** @type {Window & { customStrategies?: Record<string, string>[] }} */
const page = window;
page.customStrategies ??= [];
page.customStrategies.push(
  { type: DOMAIN, strategyType: "dashboard", name: "GoAPI" },
  { type: DOMAIN, strategyType: "section", name: "GoAPI balance" },
);
