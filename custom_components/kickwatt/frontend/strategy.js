/* The dashboard "Kickwatt": a page that makes itself of whatever chargers and meters there are.
 *
 * Home Assistant asks the element ll-strategy-dashboard-kickwatt for a dashboard's configuration, each time that one
 * of this kind is opened. Its only option is hours_to_show; without it a charger's curve begins with its charge.
 */

const TEXTS = {
  en: {
    description: "Every charger with its switch, its state and the curve of its charge",
    charge: "This charge",
    meters: "Energy meters",
    none: "There is no charger yet.",
    add: "Add a hub or a charger",
  },
  de: {
    description: "Jedes Ladegerät mit seinem Schalter, seinem Zustand und der Kurve seiner Ladung",
    charge: "Diese Ladung",
    meters: "Energiezähler",
    none: "Es gibt noch kein Ladegerät.",
    add: "Hub oder Ladegerät hinzufügen",
  },
  hi: {
    description: "हर चार्जर, उसका स्विच, उसकी स्थिति और उसके चार्ज का ग्राफ़",
    charge: "यह चार्ज",
    meters: "ऊर्जा मीटर",
    none: "अभी कोई चार्जर नहीं है।",
    add: "हब या चार्जर जोड़ें",
  },
  it: {
    description: "Ogni caricatore con il suo interruttore, il suo stato e la curva della sua ricarica",
    charge: "Questa ricarica",
    meters: "Contatori di energia",
    none: "Non c'è ancora nessun caricatore.",
    add: "Aggiungi un hub o un caricatore",
  },
  pl: {
    description: "Każda ładowarka ze swoim wyłącznikiem, stanem i krzywą ładowania",
    charge: "To ładowanie",
    meters: "Liczniki energii",
    none: "Nie ma jeszcze żadnej ładowarki.",
    add: "Dodaj hub lub ładowarkę",
  },
  ro: {
    description: "Fiecare încărcător cu întrerupătorul, starea și curba încărcării sale",
    charge: "Această încărcare",
    meters: "Contoare de energie",
    none: "Nu există încă niciun încărcător.",
    add: "Adaugă un hub sau un încărcător",
  },
};

const textsIn = (language) => TEXTS[language] ?? TEXTS[language.split("-")[0]] ?? TEXTS.en;

const HOUR_MS = 3_600_000;
const LONGEST_HOURS = 24;
const FULL = { columns: "full" };

/** The entities of each Kickwatt device that are not hidden, the devices sorted by name. */
const devicesOf = (hass) => {
  const entities = new Map();
  for (const entity of Object.values(hass.entities)) {
    if (entity.platform === "kickwatt" && entity.device_id && !entity.hidden) {
      entities.set(entity.device_id, [...(entities.get(entity.device_id) ?? []), entity]);
    }
  }
  return [...entities]
    .map(([id, own]) => ({ id, own, name: hass.devices[id]?.name_by_user ?? hass.devices[id]?.name ?? "" }))
    .sort((one, other) => one.name.localeCompare(other.name, hass.language));
};

/** The entity that has this name in translations, or else this device class. */
const named = (device, key) => device.own.find((entity) => entity.translation_key === key)?.entity_id;
const classed = (hass, device, deviceClass) =>
  device.own.find(
    (entity) => !entity.translation_key && hass.states[entity.entity_id]?.attributes.device_class === deviceClass,
  )?.entity_id;

/** An entity's name without that of its device. */
const nameOf = (hass, entity) => hass.formatEntityName(hass.states[entity], { type: "entity" });

/** Cards for those entities that are there. */
const tiles = (wanted) =>
  wanted.filter(([entity]) => entity).map(([entity, options]) => ({ type: "tile", entity, name: { type: "entity" }, ...options }));

/** How many hours ago this charge began, a little more than that. */
const hoursOfCharge = (hass, sessionEnergy) => {
  const start = Date.parse(hass.states[sessionEnergy]?.attributes.last_reset);
  const hours = (Date.now() - start) / HOUR_MS + 0.25;
  return Number.isNaN(hours) ? LONGEST_HOURS : Math.min(Math.max(hours, 1), LONGEST_HOURS);
};

const chargerSections = (hass, device, texts, options) => {
  const power = classed(hass, device, "power") ?? classed(hass, device, "apparent_power");
  const relay = named(device, "relay");
  const state = named(device, "charging_state");
  const sessionEnergy = named(device, "session_energy");
  const hours_to_show = options.hours_to_show ?? hoursOfCharge(hass, sessionEnergy);
  const graph = (entities, rows) => ({
    type: "history-graph",
    hours_to_show,
    entities: entities.filter(Boolean).map((entity) => ({ entity, name: nameOf(hass, entity) })),
    grid_options: { ...FULL, rows },
  });
  return [
    {
      type: "grid",
      cards: [
        {
          type: "heading",
          heading: device.name,
          icon: "mdi:scooter-electric",
          tap_action: { action: "navigate", navigation_path: `/config/devices/device/${device.id}` },
        },
        ...tiles([
          [relay, { features: [{ type: "toggle" }], grid_options: FULL }],
          [state, { color: "green" }],
          [named(device, "problem") ?? classed(hass, device, "problem"), { color: "red" }],
          [power, { color: "amber" }],
          [named(device, "estimated_full"), { color: "green", time_format: "time" }],
          [named(device, "mode"), { features: [{ type: "select-options" }], grid_options: FULL }],
          [named(device, "ready_by"), {}],
          [named(device, "charge_once"), { hide_state: true }],
          [named(device, "cutoff"), { features: [{ type: "numeric-input", style: "buttons" }], grid_options: FULL }],
        ]),
      ],
    },
    {
      type: "grid",
      column_span: 2,
      cards: [
        { type: "heading", heading: texts.charge, icon: "mdi:chart-bell-curve" },
        ...tiles([
          [sessionEnergy, { color: "amber" }],
          [named(device, "session_cost"), { color: "amber" }],
          [named(device, "session_duration"), {}],
          [classed(hass, device, "energy"), { color: "amber" }],
        ]),
        graph([power], 6),
        graph([state, relay]),
      ],
    },
  ];
};

const meterSection = (hass, meters, texts) => ({
  type: "grid",
  cards: [
    { type: "heading", heading: texts.meters, icon: "mdi:meter-electric" },
    ...meters.flatMap((device) => [
      { type: "heading", heading: device.name, heading_style: "subtitle" },
      ...tiles([
        [classed(hass, device, "power"), { color: "amber" }],
        [named(device, "energy_import"), { color: "amber" }],
        [named(device, "site_power"), { color: "amber" }],
        [named(device, "chargers_power"), { color: "amber" }],
        [named(device, "rest_power"), { color: "amber", grid_options: FULL }],
      ]),
    ]),
  ],
});

const emptySection = (texts) => ({
  type: "grid",
  cards: [
    {
      type: "markdown",
      content: `${texts.none}\n\n[${texts.add}](/config/integrations/integration/kickwatt)`,
      grid_options: FULL,
    },
  ],
});

class KickwattDashboardStrategy extends HTMLElement {
  static async generate(options, hass) {
    const texts = textsIn(hass.language);
    const devices = devicesOf(hass);
    const chargers = devices.filter((device) => named(device, "charging_state"));
    const meters = devices.filter(
      (device) => !chargers.includes(device) && device.own.some((entity) => entity.entity_id.startsWith("sensor.")),
    );
    const sections = chargers.flatMap((device) => chargerSections(hass, device, texts, options));
    if (meters.length) {
      sections.push(meterSection(hass, meters, texts));
    }
    return {
      views: [
        {
          title: "Kickwatt",
          path: "charging",
          type: "sections",
          max_columns: 3,
          sections: sections.length ? sections : [emptySection(texts)],
        },
      ],
    };
  }
}

customElements.define("ll-strategy-dashboard-kickwatt", KickwattDashboardStrategy);

window.customStrategies = window.customStrategies ?? [];
window.customStrategies.push({
  type: "kickwatt",
  strategyType: "dashboard",
  name: "Kickwatt",
  /** Read when the choice is shown, which is long after this file was. */
  get description() {
    return textsIn(document.querySelector("home-assistant")?.hass?.language ?? "en").description;
  },
  documentationURL: "https://github.com/kickwatt/kickwatt/blob/main/docs/home-assistant.md#dashboard",
});
