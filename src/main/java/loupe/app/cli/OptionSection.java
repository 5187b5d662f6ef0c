package loupe.app.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Puts the options that a class declares into a section of the usage help. */
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface OptionSection {
    /** The heading above the options. */
    String value();

    /** The part of the synopsis for alternative options, such as {@code (--a=A | --b=B)}. */
    String choice() default "";
}
