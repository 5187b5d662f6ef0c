/**
 * Questions about a model and its checkpoints, each with its answer. A question is a {@link loupe.inference.Query}
 * record; its answer is a value on the host. What can be answered from an earlier answer without the device (a token
 * list under a slider, a trimmed tree) is an ordinary method of that answer.
 */
@NullMarked
package loupe.analysis;

import org.jspecify.annotations.NullMarked;
