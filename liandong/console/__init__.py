"""The frame of the screens: navigation, sign-in, base templates, components. Areas bring their own pages."""
