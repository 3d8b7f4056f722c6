import com.jayway.jsonpath.Configuration;
import com.jayway.jsonpath.JsonPath;
import com.jayway.jsonpath.Option;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import net.minidev.json.JSONStyle;
import net.minidev.json.JSONValue;
import org.apache.commons.lang.StringEscapeUtils;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.app.VelocityEngine;
import org.apache.velocity.runtime.RuntimeConstants;
import org.apache.velocity.runtime.log.NullLogChute;

/**
 * Renders mapping templates with Velocity 1.7: one line of output per line of input.
 *
 * <p>A line consists of words; each word is a text in UTF-16, encoded in Base64. The words of the
 * input are the template, the body, and pairs of a name (`context.authorizer.sub`, `path.orderID`)
 * and a value. The output is the rendered text and `$context.responseOverride.status`, or one word
 * with the error.
 */
public final class Renderer {
    private static final VelocityEngine ENGINE = new VelocityEngine();

    public static void main(String[] arguments) throws IOException {
        ENGINE.setProperty(RuntimeConstants.RUNTIME_LOG_LOGSYSTEM_CLASS, NullLogChute.class.getName());
        ENGINE.init();
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            System.out.println(answer(line.split(" ", -1)));
        }
    }

    private static String answer(String[] words) {
        Map<String, Object> known = new HashMap<>();
        for (int at = 2; at < words.length; at += 2) {
            put(known, read(words[at]).split("\\."), read(words[at + 1]));
        }
        Map<String, Object> override = below(below(known, "context"), "responseOverride");
        below(override, "header");
        VelocityContext context = new VelocityContext();
        context.put("context", known.get("context"));
        context.put("input", new Input(read(words[1]), known));
        context.put("util", new Util());
        StringWriter rendered = new StringWriter();
        try {
            ENGINE.evaluate(context, rendered, "template", read(words[0]));
        } catch (RuntimeException error) {
            return write(error.toString());
        }
        Object status = override.getOrDefault("status", "");
        return write(rendered.toString()) + " " + write(status.toString());
    }

    private static void put(Map<String, Object> into, String[] names, String value) {
        Map<String, Object> map = into;
        for (int at = 0; at < names.length - 1; at++) {
            map = below(map, names[at]);
        }
        map.put(names[names.length - 1], value);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> below(Map<String, Object> map, String name) {
        return (Map<String, Object>) map.computeIfAbsent(name, absent -> new HashMap<>());
    }

    // A charset decoder would replace lone surrogates.
    private static String read(String word) {
        return ByteBuffer.wrap(Base64.getDecoder().decode(word)).asCharBuffer().toString();
    }

    private static String write(String text) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * text.length());
        bytes.asCharBuffer().put(text);
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    /** `$input` (API Gateway guide, "Variables for data transformations"). */
    public static final class Input {
        private static final Configuration LENIENT =
            Configuration.defaultConfiguration().addOptions(Option.SUPPRESS_EXCEPTIONS);
        private static final String[] PLACES = {"path", "querystring", "header"};

        private final String body;
        private final Map<String, Object> parameters = new HashMap<>();

        Input(String body, Map<String, Object> known) {
            this.body = body.isEmpty() ? "{}" : body;
            for (String place : PLACES) {
                parameters.put(place, below(known, place));
            }
        }

        public String getBody() {
            return body;
        }

        public Map<String, Object> params() {
            return parameters;
        }

        public Object params(String name) {
            for (String place : PLACES) {
                Object value = below(parameters, place).get(name);
                if (value != null) {
                    return value;
                }
            }
            return "";
        }

        public Object path(String path) {
            return JsonPath.using(LENIENT).parse(body).read(path);
        }

        public String json(String path) {
            return JSONValue.toJSONString(path(path), JSONStyle.LT_COMPRESS);
        }
    }

    /** `$util`. */
    public static final class Util {
        public String urlEncode(String text) {
            return URLEncoder.encode(text, StandardCharsets.UTF_8);
        }

        public String urlDecode(String text) {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        }

        public String base64Encode(String text) {
            return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
        }

        public String base64Decode(String text) {
            return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
        }

        public String escapeJavaScript(String text) {
            return StringEscapeUtils.escapeJavaScript(text);
        }

        public Object parseJson(String text) {
            return JsonPath.parse(text).read("$");
        }
    }
}
