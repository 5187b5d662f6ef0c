package loupe.inference;

import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDManager;
import java.lang.reflect.Field;
import java.util.Map;

/** Counts what hangs under a manager of arrays, which the engine does not tell. */
final class ManagerPeek {
    private ManagerPeek() {}

    /** Arrays and managers owned by {@code manager}, directly or through managers under it. */
    static int count(NDManager manager) {
        try {
            Field resources = BaseNDManager.class.getDeclaredField("resources");
            Field lent = BaseNDManager.class.getDeclaredField("tempResources");
            resources.setAccessible(true);
            lent.setAccessible(true);
            int count = ((Map<?, ?>) lent.get(manager)).size();
            for (Object owned : ((Map<?, ?>) resources.get(manager)).values()) {
                count += 1 + (owned instanceof NDManager below ? count(below) : 0);
            }
            return count;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
