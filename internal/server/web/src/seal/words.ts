// The safety code as words: line n of each language's list means the same.
import en from "../../../../../assets/safety/en.txt";
import fr from "../../../../../assets/safety/fr.txt";
import type { Language } from "../texts";

const lists = { fr: fr.trim().split(/\s+/), en: en.trim().split(/\s+/) };

export function words(language: Language, code: number[]): string[] {
  return code.map((n) => lists[language][n]);
}
