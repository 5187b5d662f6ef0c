package loupe.labels;

import java.util.ArrayList;
import java.util.List;

/**
 * A named, ordered list of features of one checkpoint.
 *
 * @param text that its members are tried on; empty for none
 * @param members feature numbers, each once
 */
public record FeatureList(String name, String text, List<Integer> members, String changed) {
    public FeatureList {
        members = List.copyOf(members);
    }

    FeatureList with(Edit.Member edit, String at) {
        List<Integer> others = new ArrayList<>(members);
        others.remove((Integer) edit.feature());
        if (edit.place() >= 0) {
            others.add(Math.min(edit.place(), others.size()), edit.feature());
        }
        return new FeatureList(name, text, others, at);
    }

    /** The edits that make this list where there is none. */
    List<Edit> edits(String checkpoint) {
        List<Edit> edits = new ArrayList<>();
        edits.add(new Edit.NamedList(checkpoint, name, text, true));
        for (int i = 0; i < members.size(); i++) {
            edits.add(new Edit.Member(checkpoint, name, members.get(i), i));
        }
        return edits;
    }
}
