/** Keeps the programme's counters live on whatever page shows them. */
import { findAll } from "../page/elements";
import { Counters } from "./counters";

for (const root of findAll("indicators")) {
  new Counters(root, root.dataset.indicators ?? "", document.documentElement.lang);
}
