import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/chart.css";
import "./styles/now.css";
import "./styles/history.css";
import "./styles/meters.css";
import { speak } from "./text";
import { followTheme } from "./theme";

followTheme();
await speak();
await import("./app");
