/** The one kind of refusal, with the same reasons, fields and details as bidroom.facts.Refused. */
export class Refused extends Error {
  /**
   * @param {string} reason a translation key
   * @param {string | null} [field] the place in the input
   * @param {Record<string, unknown>} [details] what the text needs
   */
  constructor(reason, field = null, details = {}) {
    super(field === null ? reason : `${reason}: ${field}`);
    this.name = "Refused";
    this.reason = reason;
    this.field = field;
    this.details = details;
  }
}
