package loupe.archfixture.state;

class NamesOption {
    String message(int k) {
        return "k is " + k + ", which is too many. Give it as --k N";
    }
}
