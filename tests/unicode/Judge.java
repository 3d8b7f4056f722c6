import com.ibm.icu.lang.UCharacter;
import com.ibm.icu.lang.UCharacterCategory;
import com.ibm.icu.lang.UProperty;
import com.ibm.icu.lang.UScript;
import com.ibm.icu.text.Normalizer2;
import com.ibm.icu.text.SpoofChecker;
import com.ibm.icu.text.UnicodeSet;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.BitSet;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What ICU says about names, and its tables of the characters that names can contain.
 *
 * <p>Each line is a request: "unicode" for the version, the name of a table, which ends with an
 * empty line, or a user name (UTF-16BE in base64). The response to a user name is its skeleton,
 * whether it is highly restrictive, and whether it repeats no nonspacing mark.
 */
public class Judge {
  static final SpoofChecker SKELETON =
      new SpoofChecker.Builder().setChecks(SpoofChecker.CONFUSABLE).build();
  static final SpoofChecker INVISIBLE =
      new SpoofChecker.Builder().setChecks(SpoofChecker.INVISIBLE).build();
  static final SpoofChecker RESTRICTION_LEVEL =
      new SpoofChecker.Builder()
          .setChecks(SpoofChecker.RESTRICTION_LEVEL)
          .setAllowedChars(new UnicodeSet(0, 0x10FFFF)) // the rule of names says what is allowed
          .setRestrictionLevel(SpoofChecker.RestrictionLevel.HIGHLY_RESTRICTIVE)
          .build();
  static final Normalizer2 NFKC = Normalizer2.getNFKCInstance();
  static final Normalizer2 NFKD =
      Normalizer2.getInstance(null, "nfkc", Normalizer2.Mode.DECOMPOSE);

  public static void main(String[] arguments) throws IOException {
    var requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    var responses = new PrintStream(System.out, false, StandardCharsets.US_ASCII);
    for (String line; (line = requests.readLine()) != null; responses.flush()) {
      responses.print(
          switch (line) {
            case "unicode" -> "%s%n".formatted(UCharacter.getUnicodeVersion());
            case "confusables" -> table(Judge::confusable);
            case "ignorables" -> table(Judge::ignorable);
            case "scripts" -> table(Judge::scripts);
            default -> judged(line);
          });
    }
  }

  static String judged(String request) {
    String name = new String(Base64.getDecoder().decode(request), StandardCharsets.UTF_16BE);
    byte[] skeleton = SKELETON.getSkeleton(name).getBytes(StandardCharsets.UTF_16BE);
    return "%s %s %s%n"
        .formatted(
            Base64.getEncoder().encodeToString(skeleton),
            !RESTRICTION_LEVEL.failsChecks(name),
            !INVISIBLE.failsChecks(name));
  }

  /** A line "0131;0069" for each character of names that has a value in the table. */
  static String table(IntFunction<String> value) {
    return IntStream.rangeClosed(0, 0x10FFFF)
            .filter(Judge::isAllowed)
            .mapToObj(c -> new Object[] {c, value.apply(c)})
            .filter(row -> row[1] != null)
            .map("%04X;%s%n"::formatted)
            .collect(Collectors.joining())
        + "%n".formatted();
  }

  /** Whether Cognito's pattern allows a character in a name. */
  static boolean isAllowed(int c) {
    return switch (UCharacter.getType(c)) {
      case UCharacterCategory.UNASSIGNED,
              UCharacterCategory.CONTROL,
              UCharacterCategory.FORMAT,
              UCharacterCategory.PRIVATE_USE,
              UCharacterCategory.SURROGATE,
              UCharacterCategory.SPACE_SEPARATOR,
              UCharacterCategory.LINE_SEPARATOR,
              UCharacterCategory.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }

  /** The skeleton, unless it is the character itself. Skeletons are made of decomposed names. */
  static String confusable(int c) {
    String text = Character.toString(c);
    String skeleton = SKELETON.getSkeleton(text);
    return !NFKD.isNormalized(text) || skeleton.equals(text)
        ? null
        : skeleton
            .codePoints()
            .mapToObj(each -> "%04X".formatted(each))
            .collect(Collectors.joining(" "));
  }

  static String ignorable(int c) {
    return UCharacter.hasBinaryProperty(c, UProperty.DEFAULT_IGNORABLE_CODE_POINT) ? "" : null;
  }

  /** The script extensions. */
  static String scripts(int c) {
    if (!NFKC.isNormalized(Character.toString(c))) {
      return null;
    }
    BitSet found = new BitSet();
    UScript.getScriptExtensions(c, found);
    return found.stream().mapToObj(UScript::getShortName).sorted().collect(Collectors.joining(" "));
  }
}
