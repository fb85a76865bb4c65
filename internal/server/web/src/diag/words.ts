// The sentences of the network test, which the desktop's diagnosis shares.
import { diag as en } from "../../../../../assets/i18n/en.json";
import { diag as fr } from "../../../../../assets/i18n/fr.json";
import { find, Texts, type Holes, type Path } from "../texts";

const trees = { fr, en };

export class Words extends Texts {
  /** d is the text under diag.KEY. */
  d(key: Path<typeof fr>, holes?: Holes): string {
    return find(trees[this.language], key, holes);
  }

  /** number writes n with the language's decimal sign. */
  number(n: number, decimals: number): string {
    const text = n.toFixed(decimals);
    return this.language === "fr" ? text.replace(".", ",") : text;
  }
}
