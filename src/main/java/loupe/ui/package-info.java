/**
 * The window and all that is drawn in it, in packages by what a person sees: {@code features}, {@code tree},
 * {@code nearest} and so on, each with a counterpart of the same name in {@link loupe.state}. The packages
 * {@code chart}, {@code token}, {@code control}, {@code export} and {@code style} hold the parts that panes are made
 * of; a part takes plain values and properties and uses no query. Everything is FX-thread only unless documented
 * otherwise.
 */
@NullMarked
package loupe.ui;

import org.jspecify.annotations.NullMarked;
