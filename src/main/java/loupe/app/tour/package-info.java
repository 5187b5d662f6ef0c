/** Pictures of the workbench in all its states, taken without a person. */
@NullMarked
package loupe.app.tour;

import org.jspecify.annotations.NullMarked;
