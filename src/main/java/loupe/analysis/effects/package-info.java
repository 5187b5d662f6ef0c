/**
 * What features do: interventions on a running model, and what they change; text that is generated under them; values
 * patched from one run into another; what each feature contributes to a prediction.
 */
@NullMarked
package loupe.analysis.effects;

import org.jspecify.annotations.NullMarked;
