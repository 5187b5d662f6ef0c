/**
 * The window and all that is drawn in it, in rooms by what a person sees: {@code features}, {@code tree},
 * {@code nearest} and so on, each beside the room of the same name in {@link loupe.state}. The rooms {@code chart},
 * {@code token}, {@code control}, {@code export} and {@code style} hold the parts panes are made of; a part takes plain
 * values and properties and knows no query. Everything is FX-thread only unless it says otherwise.
 */
@NullMarked
package loupe.ui;

import org.jspecify.annotations.NullMarked;
