/** A list's page: its filters, kept short in the address bar. */
import { bindCleanForms } from "./clean-form";

bindCleanForms();
